import type { Trade } from '../trade.ts'

const glazes = `
  Ash White | 1 | Rice-straw ash melts to a soft white that shows the clay at every edge. | #ddd3bf
  Celadon | 1.15 | A pale sea-green glaze that pools where the knife has cut. | #9db8a4
  Iron Black | 1.1 | Tenmoku, almost black, breaking to rust along the rim. | #4d4644
  Indigo Wash | 1.2 | Brushed cobalt under a clear glaze, no two strokes alike. | #5b7396
  Tokoname Red | 0.95 | Unglazed red clay, burnished by hand and coloured by the kiln alone. | #a85a43`

export const ceramics: Trade = {
  shop: {
    key: 'ceramics',
    name: 'Tsuchinoko Pottery',
    slug: 'tsuchinoko-pottery',
    tagline: 'Everyday pots from an old kiln town',
    description:
      'A workshop of four potters in Tokoname, where clay has been fired for nine hundred years. We throw for daily use: everything here may be washed, stacked and, sooner or later, mended.',
    trade: 'Ceramics',
    city: 'Tokoname',
    countryCode: 'JP',
    currency: 'JPY',
    phone: '+81569000118',
    email: 'ceramics@souk.example',
    shape: 'teapot',
  },
  skuPrefix: 'TSU',
  shelf: [3, 28],
  owner: 'Haruka Sugie',
  helper: 'Daichi Ito',
  families: [
    {
      category: 'tea-ware',
      shape: 'mug',
      tags: ['stoneware', 'mug'],
      kinds: glazes,
      items: `
        Morning Mug | 3200 | 340 | A straight mug of 300 ml with a handle for three fingers.
        Wide Soup Mug | 3800 | 420 | Half mug, half bowl, 420 ml and happy to be held in both hands.`,
      closing: 'Safe in the dishwasher, though it will outlive the machine.',
    },
    {
      category: 'tea-ware',
      shape: 'cup',
      tags: ['stoneware', 'tea'],
      kinds: glazes,
      items: `
        Teacup and Saucer | 4600 | 380 | Thin at the lip so that tea arrives, not clay; 180 ml.`,
      closing: 'The saucer doubles as a sweet plate.',
    },
    {
      category: 'tea-ware',
      shape: 'teapot',
      tags: ['stoneware', 'tea', 'teapot'],
      kinds: glazes,
      options: [
        {
          name: 'Capacity',
          values: [
            ['280 ml', 1],
            ['450 ml', 1.3, 1.4],
          ],
        },
      ],
      items: `
        Side-handle Teapot | 12800 | 330 | A kyusu with a strainer pierced by hand and a lid ground to its pot.
        Round Family Teapot | 14500 | 420 | A back handle, a quick pour and no drip; we test every spout.`,
      closing: 'Rinse with hot water only and it grows better with each year.',
    },
    {
      category: 'tableware',
      shape: 'bowl',
      tags: ['stoneware', 'bowl'],
      kinds: glazes,
      items: `
        Rice Bowl | 2800 | 230 | A foot deep enough to hold when the rice is hot; 12 cm across.
        Noodle Bowl | 4800 | 640 | Room for broth and everything on it; 18 cm across.
        Serving Bowl | 8800 | 1200 | Made for the middle of the table; 25 cm across.`,
      closing: 'They nest inside one another to save a shelf.',
    },
    {
      category: 'tableware',
      shape: 'plate',
      tags: ['stoneware', 'plate'],
      kinds: glazes,
      options: [
        {
          name: 'Diameter',
          values: [
            ['15 cm', 1],
            ['21 cm', 1.6, 1.9],
            ['27 cm', 2.4, 3.1],
          ],
        },
      ],
      items: `
        Flat Plate | 2600 | 310 | A low rim and a level middle, so a knife has something to cut against.
        Leaf-marked Plate | 3200 | 330 | A real leaf is pressed into the wet clay and burns away in the fire.`,
      closing: 'Each piece varies by a few millimetres and we would not want otherwise.',
    },
    {
      category: 'vases',
      shape: 'vase',
      tags: ['stoneware', 'vase', 'gift'],
      kinds: glazes,
      options: [
        {
          name: 'Height',
          values: [
            ['14 cm', 1],
            ['24 cm', 1.9, 2.3],
          ],
        },
      ],
      items: `
        Single-stem Vase | 5400 | 360 | A narrow neck that makes one branch enough.`,
      closing: 'Watertight, and felted underneath.',
    },
  ],
}
