import type { Trade } from '../trade.ts'

export const bakery: Trade = {
  shop: {
    key: 'bakery',
    name: 'Kornblume Bakery',
    slug: 'kornblume-bakery',
    tagline: 'Slow dough, hot oven, open from six',
    description:
      'A corner bakery in Vienna’s seventh district. We mill part of our rye ourselves, give every dough a night to rest, and send bread that travels well the same day it is baked.',
    trade: 'Bakery',
    city: 'Vienna',
    countryCode: 'AT',
    currency: 'EUR',
    phone: '+4310550101',
    email: 'bakery@souk.example',
    shape: 'loaf',
  },
  skuPrefix: 'KOR',
  shelf: [12, 90],
  owner: 'Marta Kornfeld',
  helper: 'Emil Brandl',
  families: [
    {
      category: 'bread',
      shape: 'loaf',
      tags: ['bread', 'sourdough'],
      options: [
        { name: 'Size', values: ['500 g', ['1 kg', 1.8, 2]] },
        { name: 'Cut', values: ['Whole', 'Sliced'] },
      ],
      items: `
        Waldviertel Rye | 4.2 | 500 | A dark, close crumb with a proper sour; it is at its best on the second day. | #8f5a34
        House Sourdough | 4.6 | 500 | Wheat with a tenth of rye, a thick crust and an open crumb that holds butter.
        Spelt and Honey Loaf | 5.1 | 500 | Mild and a little sweet, with chestnut honey from the Wachau.
        Caraway Farmhouse Loaf | 4.4 | 500 | Mixed rye and wheat with whole caraway, the loaf our grandparents asked for. | #a8673a
        Walnut Batard | 5.6 | 500 | One part walnuts to four parts flour, so there is a piece in every slice.
        Pumpkin Seed Loaf | 5.2 | 500 | Toasted Styrian seeds inside and a rough coat of them outside.
        Potato Bread | 4.3 | 500 | Boiled potato in the dough keeps it soft for four days.
        Olive and Rosemary Loaf | 5.8 | 500 | Whole Kalamata olives, so mind the odd stone.
        Oat Porridge Loaf | 4.9 | 500 | We cook the oats first, which makes the crumb almost custardy.
        Emmer Wholegrain | 5.4 | 500 | An old wheat with a nutty taste and a dense slice. | #97603a
        Sunflower Rye Tin Loaf | 4.7 | 500 | Baked in a tin for straight slices and tidy sandwiches. | #9c683c
        Buckwheat Loaf | 6.2 | 500 | Made without wheat, though not in a gluten-free kitchen. | #83573b`,
      closing: 'Baked overnight and sent the same morning.',
    },
    {
      category: 'bread',
      shape: 'roll',
      tags: ['rolls', 'breakfast'],
      options: [
        {
          name: 'Pack',
          values: [
            ['4 rolls', 1],
            ['10 rolls', 2.3, 2.5],
          ],
        },
      ],
      items: `
        Hand-folded Kaiser Rolls | 3.2 | 240 | Folded by hand into five petals, crisp for exactly one breakfast.
        Poppy Seed Plaits | 3.8 | 280 | Three strands, a brush of milk and more poppy than is sensible.
        Salt Sticks with Caraway | 3.6 | 260 | Thin, crackling and made for a glass of beer.
        Grain Corner Rolls | 3.9 | 300 | Linseed, sesame and sunflower in a rye and wheat dough. | #a8673a
        Soft Milk Buns | 3.5 | 260 | Barely sweet, good for children and for burgers. | #d9a765
        Potato Burger Buns | 4.4 | 320 | They toast well and do not fall apart under sauce. | #d39a58
        Pretzel Rolls | 4.2 | 300 | Dipped in lye for the dark, shiny skin; bring your own mustard. | #8a5230`,
      closing: 'Five minutes in a hot oven makes them crackle again.',
    },
    {
      category: 'pastry',
      shape: 'croissant',
      tags: ['pastry', 'breakfast'],
      options: [
        {
          name: 'Box',
          values: [
            ['2 pieces', 1],
            ['6 pieces', 2.8, 3],
          ],
        },
      ],
      items: `
        Butter Croissant | 4.6 | 150 | Twenty-seven layers and nothing but butter between them.
        Almond Croissant | 5.8 | 210 | Yesterday’s croissant, filled with almond cream and baked again, which is the honest recipe.
        Vanilla Kipferl Croissant | 5.2 | 180 | A Viennese crescent with a vanilla cream line through the middle.
        Apricot Buchtel | 5.0 | 220 | Pull-apart bun with apricot jam from Krems.
        Plum Jam Pocket | 4.8 | 200 | Thick powidl that stays where it is when you bite.
        Curd Cheese Golatsche | 5.0 | 210 | Lightly sweet curd, lemon zest and a few raisins.
        Cinnamon Snail | 4.9 | 220 | Rolled tight, with brown sugar that goes chewy at the edge.
        Nut Crescent | 5.4 | 200 | Ground hazelnut and rum, dusted while warm.`,
      closing: 'Best on the day; a hot oven revives it for one more.',
    },
    {
      category: 'pastry',
      shape: 'cake',
      tags: ['cake', 'celebration'],
      options: [
        {
          name: 'Size',
          values: [
            ['16 cm', 1],
            ['24 cm', 1.75, 2.1],
          ],
        },
      ],
      items: `
        Dark Chocolate Apricot Torte | 26 | 900 | Two thin layers of apricot under a glaze you can see yourself in. | #6b4436
        Poppy Seed and Pear Cake | 24 | 850 | Ground poppy instead of flour, so it stays moist for days. | #8a7a78
        Hazelnut Linzer Torte | 22 | 800 | A lattice of spiced dough over redcurrant jam. | #a8694a
        Carrot and Almond Cake | 23 | 850 | Lemon icing and no cream cheese, as we have always made it. | #d39a58
        Sour Cherry Crumble Cake | 21 | 900 | Cherries stoned by us, nearly all of them. | #c97f7f
        Lemon Yoghurt Ring | 19 | 700 | The plain one that is gone first at every party. | #e8c97a
        Esterházy Walnut Slice Cake | 29 | 850 | Five meringue layers with walnut cream and a feathered top. | #d9bd97`,
      closing: 'Order by noon and it leaves the next morning in a padded box.',
    },
    {
      category: 'biscuits',
      shape: 'cookie',
      tags: ['biscuits', 'gift'],
      options: [
        {
          name: 'Weight',
          values: [
            ['200 g', 1],
            ['500 g', 2.2, 2.5],
          ],
        },
      ],
      items: `
        Vanilla Crescents | 7.2 | 200 | Ground almonds, real vanilla and a snowfall of sugar. | #dcb67f
        Hazelnut Rye Cookies | 6.4 | 200 | Rye flour gives the edges a toasted taste. | #a8673a
        Linzer Eyes | 7.6 | 200 | Two shortbreads joined with redcurrant jam, with windows to see it.
        Ginger Honey Biscuits | 6.8 | 200 | Hard at first, soft after a week in the tin. | #b9763c
        Chocolate Sea Salt Cookies | 7.0 | 200 | Big pieces of chocolate and a few flakes of salt. | #8a5f42
        Aniseed Domes | 6.2 | 200 | Light as paper, from a recipe with only four ingredients. | #e3c793
        Cheese and Caraway Bites | 6.9 | 200 | The savoury tin, mostly mountain cheese. | #d39a4a`,
      closing: 'They keep four weeks in a closed tin, in theory.',
    },
    {
      category: 'flour',
      shape: 'bag',
      tags: ['baking', 'pantry'],
      options: [
        {
          name: 'Weight',
          values: [
            ['1 kg', 1],
            ['5 kg', 4.4, 5],
          ],
        },
      ],
      items: `
        Stone-ground Rye Flour | 2.9 | 1000 | The flour of our own loaves, milled a little coarse. | #a58b6f
        Strong Wheat Flour | 2.4 | 1000 | Plenty of gluten for long rising and open crumb. | #d8c3a0
        Light Spelt Flour | 3.4 | 1000 | Sifted fine, it makes tender cakes and good noodles. | #cdb48a
        Wholegrain Emmer Flour | 4.2 | 1000 | Thirsty flour: give it a tenth more water than wheat. | #b08a5c
        Seven-grain Bread Mix | 3.9 | 1000 | Add water, salt and a spoon of starter, nothing else. | #8f7a5a
        Ground Blue Poppy | 12.5 | 1000 | Ground cold this week, because poppy turns bitter with age. | #6f7690`,
      closing: 'Keep it cool and dry and use it within half a year.',
    },
  ],
}
