// Evaluates requests, a JSON list on the standard input, and writes what each comes to. The package is in the folder that is given.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
const { runSimulation, runUnsafeSimulation } = createRequire(process.argv[2] + '/')('@cloud-copilot/iam-simulate')
const results = []
for (const r of JSON.parse(readFileSync(0, 'utf8'))) {
  const simulation = {
    request: { principal: r.principal, action: r.action, resource: { resource: r.resource, accountId: r.account }, contextVariables: r.context ?? {} },
    identityPolicies: r.identity ?? [], resourcePolicy: r.policy ?? undefined, serviceControlPolicies: [], resourceControlPolicies: [],
  }
  const answer = await runSimulation(simulation, {})
  if (answer.resultType !== 'error') results.push(answer.overallResult)
  // Its lists of ARNs know no document without an account, which is how those of AWS are written, and no server of OpsWorks CM.
  else if (['no.resource.types', 'must.use.wildcard'].includes(answer.errors.message)) results.push(runUnsafeSimulation(simulation, {}))
  else results.push(JSON.stringify(answer.errors))
}
process.stdout.write(JSON.stringify(results))
