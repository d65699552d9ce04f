package events

// Repeated is for FuzzDecode.
var Repeated = repeated
