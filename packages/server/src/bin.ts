#!/usr/bin/env node
import { main } from './cli/main.ts'

// A serving gateway keeps the process alive; everything else ends with its code.
process.exitCode = await main(process.argv)
