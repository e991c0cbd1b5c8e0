import { toOpenApi } from '../../contract/openapi.ts'
import { errorCatalog, type ErrorCode } from '../../contract/errors.ts'
import { fail } from '../../contract/failure.ts'
import { toModelView } from '../../models/model.ts'
import { renderErrorPage } from '../../pages/error-page.ts'
import { renderErrorsIndexPage } from '../../pages/errors-index.ts'
import { contentSecurityPolicy } from '../../pages/layout.ts'
import { renderHomePage } from '../../pages/home.ts'
import { renderModelsPage } from '../../pages/models.ts'
import type { PageContext } from '../../pages/page-context.ts'
import { renderReferencePage } from '../../pages/reference.ts'
import { handle, type Answer } from '../handle.ts'
import type { Services } from '../services.ts'

export const getOpenApi = handle('getOpenApi', async (_request, { publicUrl, version }) => ({
  status: 200,
  body: toOpenApi({ publicUrl: publicUrl(), version }),
}))

export const getHome = handle('getHome', async (_request, services) =>
  toPage(renderHomePage(toContext(services))),
)

export const getReference = handle('getReference', async (_request, services) =>
  toPage(renderReferencePage(toContext(services))),
)

export const getModelsPage = handle('getModelsPage', async (_request, services) =>
  toPage(renderModelsPage(toContext(services))),
)

export const getErrorsPage = handle('getErrorsPage', async (_request, services) =>
  toPage(renderErrorsIndexPage(toContext(services))),
)

/** The page that `doc_url` points to. */
export const getErrorPage = handle('getErrorPage', async ({ params }, services) => {
  if (!isCode(params.code)) {
    throw fail('not_found', 'resource_unknown', {
      message: `There is no such error code. The codes are ${Object.keys(errorCatalog).join(', ')}.`,
    })
  }
  return toPage(renderErrorPage(params.code, toContext(services)))
})

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalog, code)
}

function toContext({ publicUrl, version, models }: Services): PageContext {
  return { publicUrl: publicUrl(), version, models: models.map(toModelView) }
}

function toPage(body: string): Answer {
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy,
    },
    body,
  }
}
