import sharp from 'sharp'
import { drawLettering } from './caption.ts'
import { compose } from './compose.ts'
import { createCanvas, type Brush } from './canvas.ts'
import { poseAt } from './motion.ts'
import type { Layer } from './scene.ts'
import type { ImageSpec } from './spec.ts'

// libvips would keep decoded pictures for reuse; nothing here is read twice.
sharp.cache(false)

/** The finished file. Runs in a worker thread: drawing and compressing 4096 by 4096 takes about a second. */
export async function drawImage(spec: ImageSpec): Promise<Uint8Array> {
  const { width, height } = spec
  const { scene, vignette, cards, lettering } = await compose({ ...spec, bleed: 0 })
  const canvas = createCanvas(width, height)
  const brush = canvas.getContext('2d')
  for (const layer of [...scene, vignette, ...cards]) drawStill(brush, layer)
  drawLettering(brush, lettering)
  const picture = sharp(canvas.data(), {
    raw: { width, height, channels: 4 },
    limitInputPixels: false,
  }).removeAlpha()
  switch (spec.format) {
    case 'png':
      return picture.png({ compressionLevel: 6 }).toBuffer()
    case 'jpeg':
      return picture.jpeg({ quality: 90 }).toBuffer()
    case 'webp':
      return picture.webp({ quality: 88, effort: 2 }).toBuffer()
  }
}

function drawStill(brush: Brush, layer: Layer): void {
  const { x, y, angle, opacity } = poseAt(layer, 0)
  if (opacity <= 0) return
  const centerX = layer.box.x + layer.box.width / 2
  const centerY = layer.box.y + layer.box.height / 2
  brush.save()
  brush.globalAlpha = opacity
  brush.translate(centerX + x, centerY + y)
  brush.rotate(angle)
  brush.translate(-centerX, -centerY)
  layer.draw(brush)
  brush.restore()
}
