'use client'

import { Filmgate } from '@filmgate/client'
import { useState } from 'react'

export function Studio() {
  const [status, setStatus] = useState('')
  const [picture, setPicture] = useState()

  async function make(form) {
    const prompt = form.get('prompt')
    setStatus('Making it …')
    try {
      // No key here: the route adds it.
      const filmgate = new Filmgate({ apiKey: null, baseURL: '/films' })
      const image = await filmgate.images.generate({ model: 'sandbox-image', prompt })
      setPicture({ src: image.data[0].url, alt: prompt })
      setStatus(image.id)
    } catch (error) {
      setStatus(error.message)
    }
  }

  return (
    <form action={make}>
      <input name="prompt" defaultValue="A red fox in fresh snow" />
      <button>Make it</button>
      <p role="status">{status}</p>
      {picture && <img {...picture} />}
    </form>
  )
}
