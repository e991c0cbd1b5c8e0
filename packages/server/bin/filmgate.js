#!/usr/bin/env node
// Committed, unlike dist/, so that npm can link the command before anything is compiled.
import '../dist/bin.js'
