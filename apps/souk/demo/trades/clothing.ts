import type { OptionSpec, Trade } from '../trade.ts'

const sizes: OptionSpec = {
  name: 'Size',
  values: [
    ['S', 1, 0.94],
    ['M', 1],
    ['L', 1, 1.06],
    ['XL', 1, 1.12],
  ],
}

export const clothing: Trade = {
  shop: {
    key: 'clothing',
    name: 'Burren Weatherwear',
    slug: 'burren-weatherwear',
    tagline: 'For four seasons before lunch',
    description:
      'Outdoor clothing cut and sewn in Galway, where we have plenty of weather to try it in. Wool from hill farms, waxed cotton, taped seams, and a mending service for life.',
    trade: 'Outdoor clothing',
    city: 'Galway',
    countryCode: 'IE',
    currency: 'EUR',
    phone: '+353209110152',
    email: 'clothing@souk.example',
    shape: 'jacket',
  },
  skuPrefix: 'BUR',
  shelf: [2, 36],
  owner: 'Aoife Brennan',
  helper: 'Cian Doyle',
  families: [
    {
      category: 'jackets',
      shape: 'jacket',
      tags: ['jacket', 'waterproof'],
      options: [sizes],
      title: '{item}, {kind}',
      kinds: `
        Lichen | 1 | A grey-green that disappears into a limestone wall. | #7f8f6f
        Gorse | 1 | Yellow enough to be found in fog. | #d0a030
        Lough Blue | 1 | Dark blue with a lighter yoke. | #3f5f86
        Heather | 1 | A dusty purple that goes with mud. | #7a5c80`,
      items: `
        Inishmore Rain Shell | 189 | 420 | Three-layer cloth with every seam taped and a hood that turns with your head.
        Atlantic Waxed Jacket | 245 | 1350 | Waxed cotton that creaks in the cold and lasts for decades.
        Turlough Insulated Jacket | 169 | 560 | Warm when damp and packs into its own pocket.
        Karst Wind Smock | 98 | 260 | Nothing but a windproof layer, and often that is enough.`,
      closing: 'Cut with room for a jumper underneath.',
    },
    {
      category: 'knitwear',
      shape: 'jumper',
      tags: ['wool', 'jumper'],
      options: [sizes],
      title: '{kind} {item}',
      kinds: `
        Peat | 1 | Undyed brown wool, straight from the sheep. | #6f5646
        Bracken | 1 | The orange of the hills in October. | #b9692f
        Sea Green | 1 | A blue-green overdyed on grey wool. | #3f7f78
        Oatmeal Fleck | 1 | Cream with darker flecks that hide the crumbs. | #cdbb9a`,
      items: `
        Hill Farm Jumper | 129 | 720 | Five-ply wool with a yoke pattern from the west coast.
        Fisherman's Rib Jumper | 145 | 850 | Heavy, close and tight at the cuff, as it should be at sea.
        Lambswool Crew Neck | 89 | 380 | Soft enough next to the skin and light enough for an office.`,
      closing: 'Wash it seldom, dry it flat and we will darn it free.',
    },
    {
      category: 'knitwear',
      shape: 'jumper',
      tags: ['base layer', 'merino'],
      options: [sizes],
      items: `
        Merino Long-sleeved Base Layer | 69 | 210 | Fine merino you can wear for a week and still be invited in. | #4b5a86
        Merino Zip-neck | 79 | 240 | A long zip for hills and a flat collar under packs. | #5d7350
        Merino T-shirt | 52 | 160 | Cool in July and warm in January. | #b5533f
        Fleece Pullover | 74 | 340 | Recycled fleece, brushed on the inside only. | #3f6f78
        Quilted Field Vest | 95 | 330 | Warm where you need it and no sleeves in the brambles. | #7a6a4a
        Moleskin Work Shirt | 68 | 480 | Brushed cotton that turns thorns. | #6d6a5a`,
      closing: 'Seams lie flat, so nothing rubs under a strap.',
    },
    {
      category: 'outdoor-extras',
      shape: 'hat',
      tags: ['hat', 'wool'],
      title: '{kind} {item}',
      kinds: `
        Rowan Red | 1 | A clear berry red. | #b5453f
        Moss | 1 | A soft, deep green. | #5d7350
        Midnight Blue | 1 | Nearly black until the sun is on it. | #364a73`,
      items: `
        Bobble Hat | 32 | 110 | Double-knitted with a bobble that comes off for the wash.
        Fisherman's Beanie | 26 | 80 | Short, ribbed and worn above the ear if you must.
        Ear-flap Hat | 38 | 130 | Lined with fleece, with strings for gales.`,
      closing: 'One size, because wool gives.',
    },
    {
      category: 'outdoor-extras',
      shape: 'sock',
      tags: ['socks', 'wool'],
      options: [{ name: 'Size', values: ['36–38', '39–41', '42–44', '45–47'] }],
      items: `
        Hiking Socks, Cushioned | 18.5 | 95 | Loops under the heel and toe, and no seam across the front. | #b5533f
        Liner Socks | 11.9 | 40 | Thin merino for the blister-prone. | #8a93a0
        Wellington Boot Socks | 21.5 | 140 | Long enough to fold over the top. | #5d7350
        Everyday Wool Socks | 13.9 | 70 | For shoes, offices and bicycle pedals. | #4b5a86
        Cabin Socks | 24.5 | 160 | Thick as a slipper, with dots that grip. | #c98f2f
        Running Socks | 14.9 | 50 | Short, close and quick to dry. | #3f6f78`,
      closing: 'Guaranteed against holes for two years of normal feet.',
    },
    {
      category: 'outdoor-extras',
      shape: 'backpack',
      tags: ['backpack', 'bag'],
      options: [{ name: 'Colour', values: ['Lichen', 'Gorse', 'Slate'] }],
      items: `
        Day Pack 18 l | 79 | 560 | A plain sack with one pocket where you want it. | #4b5a86
        Hill Pack 32 l | 129 | 980 | A stiff back, a hip belt and a lid that fits over a rope. | #5d7350
        Roll-top Commuter 24 l | 110 | 890 | Holds a laptop dry on a bicycle in Galway. | #3f6f78
        Children's Pack 10 l | 45 | 320 | A chest strap, so it stays on while they run. | #c98f2f
        Waxed Cotton Satchel Pack | 139 | 1100 | Leather straps that outlast two bags. | #7a5c46
        Packaway Rucksack 15 l | 35 | 120 | Folds to the size of an apple. | #b5533f`,
      closing: 'Every strap and buckle can be replaced at our bench.',
    },
  ],
}
