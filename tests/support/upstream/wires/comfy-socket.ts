import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { randomUUID } from 'node:crypto'
import { recordOf, type Target } from '../exchange.ts'
import { acceptWebSocket, type WebSocketPeer } from '../web-socket.ts'
import { features } from './comfy-sockets.ts'

/** `/comfyui/ws?clientId=`. A script for `other` that has a status or a reset refuses it. */
export function openSocket(target: Target, request: IncomingMessage, socket: Duplex): void {
  const { account, url } = target
  const record = recordOf(target, request)
  record.isWhole = true
  account.setText(record, record.path)
  const act = account.scripts.take('other', record.path) ?? {}
  if (act.reset !== undefined || act.status !== undefined) {
    record.outcome = act.reset === undefined ? 'answered' : 'broken'
    account.note(record)
    if (act.reset !== undefined) socket.destroy()
    else socket.end(`HTTP/1.1 ${act.status} Refused\r\nContent-Length: 0\r\n\r\n`)
    return
  }
  const id = url.searchParams.get('clientId') ?? randomUUID().replaceAll('-', '')
  const peer: WebSocketPeer = acceptWebSocket(request, socket, {
    onText(text) {
      if (text.includes('"feature_flags"'))
        peer.sendText(JSON.stringify({ type: 'feature_flags', data: features }))
    },
    onEnd: () => account.comfy.sockets.leave(id, peer),
  })
  account.comfy.sockets.join(id, peer)
  account.comfy.greet(id, peer)
  record.outcome = 'answered'
  account.note(record)
}
