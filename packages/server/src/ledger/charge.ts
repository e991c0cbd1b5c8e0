/** What a generation costs, and who bears it. */
export interface Cost {
  workspaceId: string
  /** The key that it was, or is to be, accepted with. */
  keyId: string
  amountMicros: number
  /** When it was, or is to be, accepted: budgets count by the UTC day and month of this instant. */
  acceptedAt: number
}

/** Money of one generation. */
export interface Charge extends Cost {
  generationId: string
}
