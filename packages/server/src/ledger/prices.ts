import type { Usage } from '../contract/common.ts'
import type { GenerationType } from '../contract/generations.ts'
import { toDollars } from './money.ts'

/** What a generation costs; fixed when it is accepted. */
export interface Price {
  unitPriceMicros: number
  /** Images, or seconds of video. */
  quantity: number
  costMicros: number
}

/** One unit price times a whole number of units. */
export function toPrice(unitPriceMicros: number, quantity: number): Price {
  return { unitPriceMicros, quantity, costMicros: unitPriceMicros * quantity }
}

/** The price as `usage` shows it. */
export function toUsage(type: GenerationType, price: Price): Usage {
  return {
    total_cost: toDollars(price.costMicros),
    billable_unit: type === 'video' ? 'video_second' : 'image',
    unit_price: toDollars(price.unitPriceMicros),
    quantity: price.quantity,
  }
}
