import type { Operation } from '../document.ts'
import { cartRecipes } from './carts.ts'
import { catalogRecipes } from './catalog.ts'
import { customerRecipes } from './customers.ts'
import { fulfilmentRecipes } from './fulfilment.ts'
import { identityRecipes } from './identity.ts'
import { inventoryRecipes } from './inventory.ts'
import { mediaRecipes } from './media.ts'
import { notificationRecipes } from './notifications.ts'
import { recoveryRecipes } from './operations.ts'
import { operationRecipes, orderRecipes } from './orders.ts'
import type { Recipe, Recipes } from './recipe.ts'
import { paymentRecipes } from './payments.ts'
import { promotionRecipes } from './promotions.ts'
import { reviewRecipes } from './reviews.ts'
import { searchRecipes } from './search.ts'
import { sagaRecipes } from './saga.ts'
import { settingRecipes } from './settings.ts'
import { shopRecipes } from './shops.ts'

export { ask, callOf, faultsOf, type Recipe, type Sample } from './recipe.ts'

/** A right call for every route there is. A route without one fails every sweep: somebody has to say what is right. */
export const recipes: Recipes = {
  ...identityRecipes,
  ...customerRecipes,
  ...cartRecipes,
  ...shopRecipes,
  ...catalogRecipes,
  ...inventoryRecipes,
  ...orderRecipes,
  ...fulfilmentRecipes,
  ...sagaRecipes,
  ...paymentRecipes,
  ...notificationRecipes,
  ...promotionRecipes,
  ...reviewRecipes,
  ...searchRecipes,
  ...mediaRecipes,
  ...settingRecipes,
  ...operationRecipes,
  ...recoveryRecipes,
}

/** Every operation of the document with its recipe. @throws naming those that have none, and recipes of nothing. */
export function everyRoute(document: ReadonlyMap<string, Operation>): { operation: Operation; recipe: Recipe }[] {
  const unknown = [...document.keys()].filter((name) => recipes[name] === undefined)
  const idle = Object.keys(recipes).filter((name) => !document.has(name))
  if (unknown.length + idle.length > 0)
    throw new Error(
      `routes without a recipe: ${unknown.join(', ') || 'none'}; recipes without a route: ${idle.join(', ') || 'none'}`,
    )
  return [...document.values()].map((operation) => ({ operation, recipe: recipes[operation.operationId] as Recipe }))
}
