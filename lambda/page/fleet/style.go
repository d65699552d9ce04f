package fleet

// begin opens the page: its style, and the theme that the dashboard has. The first colours are those of the light theme. The middle of a
// timeline is now; its lines are one background, not a path in each.
func (p *page) begin() {
	theme := ""
	if p.dark {
		theme = "dark"
	}
	p.Put("<style>"+style+"</style><div class='fp {}'>", theme)
}

const style = `
.fp{--ink:#16191f;--dim:#545b64;--line:#d5dbdb;--good:#067f68;--bad:#c7300b;--run:#0972d3;--wait:#7d5a00;--win:#0972d32b;
color:var(--ink);font:13px/1.45 "Amazon Ember","Helvetica Neue",Arial,sans-serif}
.fp.dark{--ink:#e9ebed;--dim:#a5afbb;--line:#414d5c;--good:#2bc4a4;--bad:#ff7a5c;--run:#58a6f5;--wait:#e8b93c;--win:#58a6f540}
.fp table{width:100%;border-collapse:collapse;table-layout:fixed}
.fp th,.fp td{text-align:left;vertical-align:top;padding:3px 6px 3px 0;border:0;background:none;color:inherit;font-size:inherit;
overflow-wrap:break-word;white-space:normal}
.fp td[colspan]{padding:0}
.fp thead th{font-weight:400;color:var(--dim)}
.fp thead th:nth-child(1){width:20%}
.fp thead th:nth-child(2){width:44%}
.fp .hi thead th:nth-child(-n+2){width:22%}
.fp tbody{border-top:1px solid var(--line)}
.fp cwdb-action{display:none}
.fp a{cursor:pointer;color:var(--run)}
.fp p{margin:4px 0}
.fp h3,.fp h4{margin:8px 0 4px}
.fp small{font-weight:400;color:var(--dim)}
.fp label{display:inline-block;margin:2px 8px 2px 0}
.fp summary{cursor:pointer;padding:6px 0}
.fp .say{border-left:4px solid var(--bad);padding:4px 8px}
.fp .good{color:var(--good)}
.fp .bad{color:var(--bad)}
.fp .run{color:var(--run)}
.fp .wait,.fp .ask{color:var(--wait)}
.fp .calm,.fp i{color:var(--dim)}
.fp b.calm{font-weight:400}
.fp svg{display:block;width:100%;height:22px}
.fp td svg,.fp div>svg{background:linear-gradient(var(--ink),var(--ink)) 50%/2px 100% no-repeat,
linear-gradient(var(--line),var(--line)) 25%/1px 100% no-repeat,linear-gradient(var(--line),var(--line)) 75%/1px 100% no-repeat}
.fp path{fill:none;stroke-width:2.5;vector-effect:non-scaling-stroke}
.fp .w{stroke:var(--win);stroke-width:22}
.fp .s{stroke:var(--good);stroke-width:9;stroke-linecap:round}
.fp .f{stroke:var(--bad)}
.fp .c{stroke:var(--dim);stroke-width:2}
.fp .k{stroke:var(--dim);stroke-width:1;stroke-dasharray:1 4}
.fp .n{stroke:var(--run);stroke-width:14}
.fp .r{stroke:var(--run);stroke-width:8}
.fp .q{stroke:var(--wait);stroke-width:8;stroke-dasharray:3 2}
.fp .ax{display:grid;grid-template-columns:repeat(4,1fr);color:var(--dim);font-size:11px}
.fp .ax span{border-left:1px solid var(--line);padding-left:3px}
.fp .ax span:nth-child(3){border-left:2px solid var(--ink);color:var(--ink)}
.fp .lg{color:var(--dim);font-size:12px}
.fp .lg span{display:inline-block;margin-right:10px}
.fp .lg svg{display:inline-block;width:18px;vertical-align:middle}
`
