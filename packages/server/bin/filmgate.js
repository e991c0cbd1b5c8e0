#!/usr/bin/env node
// Committed, unlike dist/, so that npm can link the command before anything is compiled.
// oxlint-disable-next-line import/no-unassigned-import -- running it is all there is to do
import '../dist/bin.js'
