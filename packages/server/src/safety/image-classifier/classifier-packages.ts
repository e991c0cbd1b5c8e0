/**
 * What the image classifier is made of: other people's packages, which this repository does not
 * carry. `filmgate safety install-classifier` fetches them; nothing of them runs that is not, byte for
 * byte, what is pinned here. To change a pin: `npm view NAME@VERSION dist` has size and sha512, and
 * an installation with the new version says which sha256 it found.
 */

/** One package: what of it is needed, and how it is recognised. */
export interface ClassifierPackage {
  name: string
  version: string
  /** Size of the tarball. */
  bytes: number
  /** Of the tarball, as the registry states it: base64. */
  sha512: string
  /** The files that are kept, by path within the package, with their sha256 in hexadecimal. */
  files: Readonly<Record<string, string>>
}

/**
 * The runtime (Apache-2.0) and the weights (MIT). Installed with all that they depend on they weigh
 * 360 MB; their Node builds need nothing but each other, and these files are 9.5 MB.
 */
export const classifierPackages: readonly ClassifierPackage[] = [
  {
    name: '@tensorflow/tfjs-core',
    version: '4.22.0',
    bytes: 6958161,
    sha512:
      'LEkOyzbknKFoWUwfkr59vSB68DMJ4cjwwHgicXN0DUi3a0Vh1Er3JQqCI1Hl86GGZQvY8ezVrtDIvqR1ZFW55A==',
    files: {
      'package.json': 'd4b3c3f337f7ea6de582ac1320b7521abe970a9b11f4d486e6929b29ccdbd283',
      'dist/tf-core.node.js': '39f898b3a3cead712d62489f069861dc6f11bdb31ef981f58e89b0a8c9ec5654',
    },
  },
  {
    name: '@tensorflow/tfjs-converter',
    version: '4.22.0',
    bytes: 4134551,
    sha512:
      'PT43MGlnzIo+YfbsjM79Lxk9lOq6uUwZuCc8rrp0hfpLjF6Jv8jS84u2jFb+WpUeuF4K33ZDNx8CjiYrGQ2trQ==',
    files: {
      'package.json': 'b6a4f89058a5f4a5fdfb7fe0fe4cf3181023bdedcc80a374e0349c002ab068b5',
      'dist/tf-converter.node.js':
        '157daad56cc7ecf8dc2ff3ec91c9b4160830a241acc195b4beb739736034a05c',
    },
  },
  {
    name: '@tensorflow/tfjs-backend-wasm',
    version: '4.22.0',
    bytes: 2460748,
    sha512:
      '/IYhReRIp4jg/wYW0OwbbJZG8ON87mbz0PgkiP3CdcACRSvUN0h8rvC0O3YcDtkTQtFWF/tcXq/KlVDyV49wmA==',
    files: {
      'package.json': 'd7d4fe59694dab9a96bdc086ebc5f0a0dbd6f48a6c28f477a065634c22e2c92f',
      'dist/tf-backend-wasm.node.js':
        '296e0807192bf27c560eab3fadca612655ef94e7af550f737b03ddb11af3c6ce',
      'dist/tfjs-backend-wasm.wasm':
        '70a5d516060464e5269f01c74bac1772d6b8ab6cb612acf16b5cdaf61f78d892',
      'dist/tfjs-backend-wasm-simd.wasm':
        '77ebb28a6d34f371dbbf2086b7f2de8994acd8ea5a3cf1fa24d2c26c840cac7b',
    },
  },
  {
    name: 'nsfwjs',
    version: '4.4.0',
    bytes: 24973068,
    sha512:
      'krC1fgeTLXtZwgdpKJ0jm7hqv0gTSRQQRL+FhOaxaJ9Wj92t42BO3csO2odwgTAgZgf2RvkwPtp0R8Aa7dc+MA==',
    files: {
      LICENSE: '2f7fe40b4f0d97020f0a0dc2214d637471f6204e565eb83e9fd414f0e5287d94',
      'dist/models/package.json':
        '73513439b93b2391b8a67720b5e0959f46afc909c1f0fc7dd73b79c5ae36bda7',
      'dist/models/mobilenet_v2_mid/model.min.js':
        'a7a9e701491e2449b221dab7c424957f853e700602b5575da33cfd745616f964',
      'dist/models/mobilenet_v2_mid/group1-shard1of2.min.js':
        'f2e79a209e44d668220ec5f1533a98f2be954e3953685bf074d201b82fefc29a',
      'dist/models/mobilenet_v2_mid/group1-shard2of2.min.js':
        'f291df992a0131741372506a6072fb9f1645bff7c973c983fd6276f5f9625d5e',
    },
  },
]

/** What the kept files take up. */
export const installedBytes = 9_499_194

/** What npm takes as the name of a package, version included. */
export const toSpec = ({ name, version }: ClassifierPackage): string => `${name}@${version}`

/** The file that `npm pack` writes for a package. */
export function toTarballName({ name, version }: ClassifierPackage): string {
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
}

/** The command that fetches the packages by hand, for a machine without a network. */
export const packCommand = `npm pack ${classifierPackages.map(toSpec).join(' ')}`
