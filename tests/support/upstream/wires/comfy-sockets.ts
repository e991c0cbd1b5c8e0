import type { WebSocketPeer } from '../web-socket.ts'

/** What `/features` answers. */
export const features = { supports_preview_metadata: true, max_upload_size: 104_857_600 }

/** The sockets by client id, with what a real server gets wrong about them. */
export class ComfySockets {
  private readonly byId = new Map<string, WebSocketPeer>()
  private readonly open = new Set<WebSocketPeer>()

  /** The newest socket of an id gets what is said; an older one stays open and hears nothing. */
  join(id: string, peer: WebSocketPeer): void {
    this.open.add(peer)
    this.byId.set(id, peer)
  }

  /** When an older one closes, the newer one of the same id hears nothing any more, either. */
  leave(id: string, peer: WebSocketPeer): void {
    this.open.delete(peer)
    this.byId.delete(id)
  }

  /** To the socket of a client, or to all where no client is named. */
  tell(id: string | undefined, type: string, data: object): void {
    const text = JSON.stringify({ type, data })
    for (const peer of this.listening(id)) peer.sendText(text)
  }

  /** A preview image, which comes as a binary frame. */
  show(id: string | undefined, image: Uint8Array): void {
    const kind = Buffer.from([0, 0, 0, 1, 0, 0, 0, 2])
    for (const peer of this.listening(id)) peer.sendBinary(Buffer.concat([kind, image]))
  }

  /** Ends all of them without a word. */
  drop(): void {
    for (const peer of this.open) peer.drop()
    this.open.clear()
    this.byId.clear()
  }

  private listening(id: string | undefined): WebSocketPeer[] {
    if (id === undefined) return [...this.byId.values()]
    const peer = this.byId.get(id)
    return peer === undefined ? [] : [peer]
  }
}
