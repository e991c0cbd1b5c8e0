import { DatabaseSync as Driver } from '@photostructure/sqlite'

export * from '@photostructure/sqlite'

const counts = globalThis.statementCounts

export class DatabaseSync extends Driver {
  exec(sql) {
    if (sql === 'COMMIT' && this.isTransaction) counts.commits += 1
    return super.exec(sql)
  }

  prepare(sql, ...options) {
    const statement = super.prepare(sql, ...options)
    return {
      run: (...values) => {
        counts.writes += 1
        return statement.run(...values)
      },
      get: (...values) => {
        counts.reads += 1
        return statement.get(...values)
      },
      all: (...values) => {
        counts.reads += 1
        return statement.all(...values)
      },
    }
  }
}
