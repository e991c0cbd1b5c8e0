// A plugin for Stryker (tools/mutate.ts): what is passed to a logger is not changed. Plain JavaScript,
// because Stryker loads it.
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin'

const levels = new Set(['debug', 'info', 'warn', 'error'])

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'logging', {
    shouldIgnore(path) {
      if (!path.isCallExpression() || !path.get('callee').isMemberExpression()) return undefined
      const { object, property } = path.node.callee
      const name = object.type === 'MemberExpression' ? object.property.name : object.name
      const isLog = name === 'log' && (property.type !== 'Identifier' || levels.has(property.name))
      return isLog ? 'what is logged is for people' : undefined
    },
  }),
]
