const counted = new URL('./driver.mjs', import.meta.url).href

export function resolve(specifier, context, next) {
  const isDriver = specifier === '@photostructure/sqlite' && context.parentURL !== counted
  return isDriver ? { url: counted, shortCircuit: true } : next(specifier, context)
}
