/**
 * The server's end of a WebSocket, as much of RFC 6455 as ComfyUI's clients need: text and binary frames out, text
 * in, ping and close answered. Written out because a test has to end one without a close frame, and say nothing at
 * all on another.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** One open connection. */
export interface WebSocketPeer {
  sendText(text: string): void
  sendBinary(bytes: Uint8Array): void
  /** Ends it without a close frame, as a process does that is killed. */
  drop(): void
}

const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

/** Answers the upgrade. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  { onText, onEnd }: { onText: (text: string) => void; onEnd: () => void },
): WebSocketPeer {
  const key = request.headers['sec-websocket-key'] ?? ''
  // The text that RFC 6455 has both ends put behind the key.
  const secret = `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(secret).digest('base64')
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  const send = (opcode: number, payload: Uint8Array) => {
    if (!socket.destroyed) socket.write(Buffer.concat([head(opcode, payload.length), payload]))
  }
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    for (let frame = readFrame(received); frame !== undefined; frame = readFrame(received)) {
      received = received.subarray(frame.bytes)
      if (frame.opcode === opcodes.text) onText(frame.payload.toString())
      if (frame.opcode === opcodes.ping) send(opcodes.pong, frame.payload)
      if (frame.opcode === opcodes.close) {
        send(opcodes.close, frame.payload)
        // The server is the first to leave; otherwise the client waits for it.
        socket.end(() => socket.destroy())
      }
    }
  })
  // A peer that goes away is what these tests are about.
  socket.on('error', () => {})
  socket.once('close', onEnd)
  return {
    sendText: (text) => send(opcodes.text, Buffer.from(text)),
    sendBinary: (bytes) => send(opcodes.binary, bytes),
    drop: () => socket.destroy(),
  }
}

function head(opcode: number, length: number): Buffer {
  const first = 0x80 | opcode
  if (length < 126) return Buffer.from([first, length])
  if (length < 65_536) return Buffer.from([first, 126, length >> 8, length & 255])
  const bytes = Buffer.alloc(10)
  bytes[0] = first
  bytes[1] = 127
  bytes.writeBigUInt64BE(BigInt(length), 2)
  return bytes
}

interface Frame {
  opcode: number
  payload: Buffer
  /** Of the whole frame. */
  bytes: number
}

// Clients send one short text in one frame; longer ones and fragments do not occur.
function readFrame(received: Buffer): Frame | undefined {
  if (received.length < 6) return undefined
  const short = received.readUInt8(1) & 127
  const start = short === 126 ? 8 : 6
  if (received.length < start) return undefined
  const length = short === 126 ? received.readUInt16BE(2) : short
  if (received.length < start + length) return undefined
  const mask = received.subarray(start - 4, start)
  const masked = received.subarray(start, start + length)
  const payload = Buffer.from(masked.map((byte, at) => byte ^ (mask[at % 4] ?? 0)))
  return { opcode: received.readUInt8(0) & 15, payload, bytes: start + length }
}
