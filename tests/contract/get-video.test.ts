import { describeReading } from './support/describe-reading.ts'

describeReading('video')
