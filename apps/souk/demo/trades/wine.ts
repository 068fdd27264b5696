import type { OptionSpec, Trade } from '../trade.ts'

const bottles: OptionSpec = {
  name: 'Quantity',
  values: [
    ['Bottle', 1],
    ['Case of 6', 5.6, 6],
  ],
}

export const wine: Trade = {
  shop: {
    key: 'wine',
    name: 'Bodega La Pérgola',
    slug: 'bodega-la-pergola',
    tagline: 'Growers first, labels second',
    description:
      'A wine merchant in Logroño with a cool cellar and a short list. We buy from families who farm their own vines, and we taste each lot again before we sell it. Sold to adults only.',
    trade: 'Wine',
    city: 'Logroño',
    countryCode: 'ES',
    currency: 'EUR',
    phone: '+34941000135',
    email: 'wine@souk.example',
    shape: 'glass',
  },
  skuPrefix: 'PER',
  shelf: [6, 96],
  owner: 'Inés Ruiz de Viana',
  helper: 'Álvaro Sáenz',
  families: [
    {
      category: 'red-wine',
      shape: 'bottle',
      tint: '#3c4d42',
      tags: ['red', 'wine'],
      options: [bottles],
      items: `
        Tempranillo Joven, Viña Alondra | 8.5 | 1250 | Bright cherry and no oak, for drinking cool on a weekday.
        Rioja Crianza, Viña Alondra | 13.9 | 1280 | A year in used barrels, all plum and pipe tobacco.
        Rioja Reserva, Casa del Nogal | 22.5 | 1300 | Four years old at the door and still unhurried.
        Rioja Gran Reserva, Casa del Nogal | 41 | 1350 | Leather, dried fig and cedar, from a single steep plot.
        Graciano, Finca Tres Olmos | 18.9 | 1280 | Inky, fresh and a little wild; give it an hour in a jug.
        Old-vine Garnacha, La Cárcava | 16.5 | 1270 | Strawberries and thyme from ninety-year-old bushes.
        Maturana Tinta, Finca Tres Olmos | 21 | 1280 | A grape that almost died out and deserved better.
        Mencía de Ladera, Adega Souto | 14.8 | 1260 | Blueberry and wet slate from Atlantic terraces.
        Monastrell, Cortijo Alto | 11.2 | 1280 | Sun in a bottle, with rosemary in the distance.
        Bobal sin Prisa, Bodega Mirlo | 10.4 | 1260 | Juicy, honest and better with grilled meat.
        Syrah de Altura, Bodega Mirlo | 15.6 | 1280 | Black pepper from vines at 900 metres.
        Prieto Picudo, Cuevas del Cierzo | 12.7 | 1260 | Prickly when young, and made for cured ham.
        Touriga Nacional, Quinta da Lapa Alta | 19.5 | 1290 | Violets first, then dark fruit, then grip.
        Clarete Tradicional, La Cárcava | 9.2 | 1240 | Red and white grapes together, pale and cheerful.`,
      closing: 'Contains sulphites; keep it lying down, away from the oven.',
    },
    {
      category: 'white-wine',
      shape: 'bottle',
      tint: '#a9b48a',
      tags: ['white', 'wine'],
      options: [bottles],
      items: `
        Viura Joven, Viña Alondra | 7.9 | 1230 | Green apple and a clean finish, for the door of the fridge.
        Barrel Viura, Casa del Nogal | 17.8 | 1270 | Ten months on the lees, with almond and warm bread.
        Tempranillo Blanco, Finca Tres Olmos | 13.4 | 1250 | A white mutation found on one vine in 1988.
        Garnacha Blanca, La Cárcava | 12.6 | 1250 | Pear, fennel and enough weight for chicken.
        Albariño, Adega Souto | 15.2 | 1250 | Salt and grapefruit; open it when the mussels do.
        Godello, Adega Souto | 16.9 | 1260 | Stony and slow, better in its second year.
        Verdejo, Bodega Mirlo | 9.8 | 1230 | Cut grass and lime, straight and simple.
        Txakoli, Itsasalde | 12.9 | 1220 | Pour it from a height and drink it at once.
        Malvasía Volcánica, Risco Negro | 19.8 | 1260 | Grown in black ash behind stone half-moons.`,
      closing: 'Contains sulphites; serve at about ten degrees.',
    },
    {
      category: 'white-wine',
      shape: 'bottle',
      tint: '#e0a08f',
      tags: ['rosé', 'wine'],
      options: [bottles],
      items: `
        Garnacha Rosado, La Cárcava | 8.7 | 1230 | The colour of onion skin and the taste of wild strawberry.
        Rosado de Lágrima, Viña Alondra | 9.4 | 1230 | Free-run juice only, and dry to the end.
        Barrel-aged Rosado, Casa del Nogal | 24 | 1280 | Four years in wood: strange, amber and wonderful.
        Bobal Rosado, Bodega Mirlo | 7.8 | 1230 | Deep pink, for paella and plastic chairs.`,
      closing: 'Contains sulphites; drink it within two summers.',
    },
    {
      category: 'sparkling',
      shape: 'bottle',
      tint: '#5d7350',
      tags: ['sparkling', 'wine', 'celebration'],
      options: [bottles],
      items: `
        Brut Nature, Mas del Grill | 13.5 | 1600 | No sugar added and eighteen months on its yeast.
        Brut Reserva, Mas del Grill | 16.8 | 1620 | Brioche, lemon and very small bubbles.
        Rosé Brut, Mas del Grill | 15.4 | 1610 | Redcurrant and a dry end, good with cured fish.
        Ancestral Xarel·lo, Celler Pinyol | 17.2 | 1500 | Bottled before it finished fermenting; cloudy and proud of it.
        Cider Brut, Itsasalde | 8.9 | 1550 | From bitter apples, made as one makes champagne.`,
      closing: 'Contains sulphites; chill it well and open it over the sink.',
    },
    {
      category: 'sparkling',
      shape: 'bottle',
      tint: '#7a4a33',
      tags: ['fortified', 'sweet', 'wine'],
      options: [bottles],
      items: `
        Fino en Rama, Bodega La Espadaña | 12.4 | 1250 | Unfiltered, bone dry and gone in three days once open.
        Amontillado, Bodega La Espadaña | 19.6 | 1260 | Hazelnut and sea air, twelve years in the making.
        Oloroso Seco, Bodega La Espadaña | 18.2 | 1260 | Walnuts and leather, for stews and for afterwards.
        Pedro Ximénez, Bodega La Espadaña | 21.5 | 1300 | Raisins in liquid form; pour it over ice cream.
        Moscatel de Pasas, Cortijo Alto | 14.9 | 1270 | Orange blossom and honey from sun-dried grapes.
        Red Vermouth, La Pérgola House | 11.8 | 1350 | Our own recipe of nineteen botanicals, with an orange slice.
        White Vermouth, La Pérgola House | 11.8 | 1350 | Lighter and more floral than the red, and good with soda.`,
      closing: 'Contains sulphites; sold in 75 cl bottles.',
    },
    {
      category: 'wine',
      alsoIn: 'tableware',
      shape: 'glass',
      tags: ['glassware', 'wine'],
      options: [
        {
          name: 'Set',
          values: [
            ['2 glasses', 1],
            ['6 glasses', 2.7, 3],
          ],
        },
      ],
      items: `
        Everyday Tasting Glasses | 15.9 | 340 | One shape that flatters nearly everything. | #a23a4c
        Large Red Wine Glasses | 22.9 | 420 | A wide bowl for wines that need air. | #8e2f45
        White Wine Glasses | 19.9 | 360 | Narrower, so the wine stays cool. | #d9c06a
        Sherry Copitas | 14.5 | 240 | Small tulips that hold the scent in. | #c98a3f
        Tulip Sparkling Glasses | 21.5 | 350 | Better than flutes: you can get your nose in. | #e3c57a
        Bodega Tumblers | 9.9 | 460 | Thick, stackable and happy outdoors. | #a8485a`,
      closing: 'Lead-free and tougher in the dishwasher than they look.',
    },
  ],
}
