// The probe as a program that requires the client. Prints what happened as one line of JSON.
const client = require('@filmgate/client')
const { probe } = require('./probe.cjs')

const filmgate = new client.Filmgate()
const options = { filmgate, settings: process.env, path: 'probe-output' }
void probe(client, options).then((result) => console.log(JSON.stringify(result)))
