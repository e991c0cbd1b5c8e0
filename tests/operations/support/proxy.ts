/** The proxies of docs/operations.md, as processes in front of a gateway. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { temporaryFolder } from '../../support/gateway.ts'
import { adapt, snippets } from './document.ts'

export const proxyKinds = ['nginx', 'caddy'] as const
export type ProxyKind = (typeof proxyKinds)[number]

/** A proxy that listens with TLS, and what it takes to trust it. */
export interface Proxy {
  ca: string
  stop(): Promise<void>
}

interface Site {
  kind: ProxyKind
  port: number
  /** Where the gateway listens, as host and port. */
  gateway: string
  /** Whether the gateway is served below /filmgate of a site. */
  isBelowPath: boolean
}

/** Why the proxies cannot be tried on this machine; undefined if they can. */
export function whyNot(): string | undefined {
  const asked = [
    ['nginx', '-v'],
    ['caddy', 'version'],
    ['openssl', 'version'],
  ] as const
  const missing = asked.filter(([name, flag]) => spawnSync(name, [flag]).error !== undefined)
  if (missing.length === 0) return undefined
  return `${missing.map(([name]) => name).join(' and ')} cannot be found`
}

/** A port that is free now. The gateway has to know the proxy's address before the proxy runs. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

/** Starts the proxy with the configuration of the document; only addresses and certificates are changed. */
export async function startProxy(site: Site): Promise<Proxy> {
  const folder = temporaryFolder()
  const certificate = makeCertificate(folder)
  const args = site.kind === 'nginx' ? nginx(folder, site) : caddy(folder, site)
  const child = spawn(site.kind, args, {
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log: string[] = []
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line)
      // Both write this when their sockets are open.
      if (/using the "\w+" event method|serving initial configuration/.test(line)) resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(new Error(`${site.kind} ended: ${code}\n${log.join('\n')}`)),
    )
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    ca: certificate,
    async stop() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

function makeCertificate(folder: string): string {
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', join(folder, 'site.key'), '-out', join(folder, 'site.pem')]
  execFileSync('openssl', [...request.split(' '), ...names, ...files], { stdio: 'pipe' })
  return readFileSync(join(folder, 'site.pem'), 'utf8')
}

function nginx(folder: string, { port, gateway, isBelowPath }: Site): string[] {
  const [site = '', below = ''] = snippets('nginx')
  const whole = isBelowPath
    ? adapt(site, [
        [
          '    location / {\n        proxy_pass http://filmgate;\n    }\n',
          `${below}    location / { return 404; }\n`,
        ],
      ])
    : site
  const adapted = adapt(whole, [
    ['127.0.0.1:4700', gateway],
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['https://films.example', `https://127.0.0.1:${port}`],
    ['server_name films.example', 'server_name _'],
    ['/etc/ssl/films.example', join(folder, 'site')],
  ])
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  )
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${join(folder, 'pid')}; error_log stderr notice;
events {}
http { access_log off; ${places.join(' ')}
${adapted}}
`,
  )
  return ['-p', folder, '-c', join(folder, 'nginx.conf')]
}

function caddy(folder: string, { port, gateway, isBelowPath }: Site): string[] {
  const [site = '', below = ''] = snippets('caddy')
  const proxied = /^\treverse_proxy .*?^\t}\n/ms.exec(site)?.[0] ?? ''
  const whole = isBelowPath ? adapt(site, [[proxied, below]]) : site
  const own = `https://127.0.0.1:${port} {\n\ttls ${join(folder, 'site.pem')} ${join(folder, 'site.key')}\n`
  const adapted = adapt(whole, [
    ['127.0.0.1:4700', gateway],
    ['https://films.example', `https://127.0.0.1:${port}`],
    ['films.example {\n', own],
  ])
  const file = join(folder, 'Caddyfile')
  writeFileSync(file, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${adapted}`)
  return ['run', '--adapter', 'caddyfile', '--config', file]
}
