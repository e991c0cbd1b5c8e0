import { describeCancelling } from './support/describe-cancelling.ts'

describeCancelling('video')
