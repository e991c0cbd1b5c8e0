// The probe as a program that imports the client. Prints what happened as one line of JSON.
import * as client from '@filmgate/client'
import { probe } from './probe.cjs'

const filmgate = new client.Filmgate()
const options = { filmgate, settings: process.env, path: 'probe-output' }
console.log(JSON.stringify(await probe(client, options)))
