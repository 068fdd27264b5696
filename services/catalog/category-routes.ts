import { created, etag, ok, route, type Route, versionFrom } from '@souk/http'
import { Type } from 'typebox'
import { createCategory, editCategory } from './categories.ts'
import { type Category, findCategoryBySlug } from './categories.sql.ts'
import { type RouteDeps, tag } from './edge.ts'
import { catalogErrors } from './errors.ts'
import { categoriesChanged } from './page-tags.ts'
import type { Pages } from './pages.ts'
import { tellShards } from './tell-shards.ts'
import { closed, Id, line, Slug } from './views.ts'

const Position = Type.Integer({ minimum: 0, maximum: 10_000, description: 'Among its siblings; equal ones by title.' })
const Titles = Type.Record(Type.String({ pattern: '^[a-z]{2}$' }), line(1, 120), {
  maxProperties: 30,
  additionalProperties: false,
  description: 'By language (ISO 639-1), where it is called something else there: {"de": "Bäckerei"}',
})
const CategoryView = Type.Object(
  {
    id: Id,
    parentId: Type.Union([Id, Type.Null()]),
    slug: Type.String(),
    title: Type.String(),
    titles: Titles,
    path: Type.String(),
    position: Type.Integer(),
    version: Type.Integer(),
  },
  closed,
)
/** Six levels; written out by reference would need a schema of its own, so children are described once. */
const TreeView = Type.Object(
  {
    items: Type.Array(Type.Unknown(), {
      description:
        'Roots: `{ id, slug, title, titles, path, position, version, children: […the same] }`, six levels at most.',
    }),
  },
  closed,
)

const categoryView = (category: Category) => ({
  id: category.categoryId,
  parentId: category.parentId,
  slug: category.slug,
  title: category.title,
  titles: category.titles,
  path: category.path,
  position: category.position,
  version: category.version,
})

export const categoryRoutes = (deps: RouteDeps, pages: Pages): Route[] => [
  route({
    method: 'GET',
    url: '/v1/categories',
    operationId: 'listCategories',
    summary: 'The tree of categories',
    tag,
    access: 'public',
    answers: { 200: TreeView },
    handle: async () => ok({ items: await pages.categories() }),
  }),
  route({
    method: 'GET',
    url: '/v1/categories/:slug',
    operationId: 'getCategory',
    summary: 'Get a category',
    tag,
    access: 'public',
    params: Type.Object({ slug: Slug }, closed),
    answers: { 200: CategoryView },
    errors: ['category-not-found'],
    async handle({ params }) {
      const category = await findCategoryBySlug(deps.db.autocommit, params.slug)
      if (category === undefined)
        throw catalogErrors.error('category-not-found', `There is no category "${params.slug}".`)
      return ok(categoryView(category), etag(category.version))
    },
  }),
  route({
    method: 'POST',
    url: '/v1/categories',
    operationId: 'createCategory',
    summary: 'Create a category',
    tag,
    access: { permission: 'operator' },
    body: Type.Object(
      {
        slug: Slug,
        title: line(1, 120),
        titles: Type.Optional(Titles),
        parentId: Type.Optional(Id),
        position: Type.Optional(Position),
      },
      closed,
    ),
    answers: { 201: CategoryView },
    errors: ['category-slug-taken', 'category-not-found', 'category-too-deep'],
    handle: async (request) => {
      const answer = await request.once(deps.db, async (tx) => {
        const category = await createCategory(deps, tx, request.body)
        return created(categoryView(category), {
          ...etag(category.version),
          location: `/v1/categories/${category.slug}`,
        })
      })
      await tellShards(deps)
      await categoriesChanged(deps)
      return answer
    },
  }),
  route({
    method: 'PATCH',
    url: '/v1/categories/:categoryId',
    operationId: 'editCategory',
    summary: 'Rename a category, or move it among its siblings',
    description: 'Its slug and its parent stay: they are in addresses. Send the ETag you read as If-Match.',
    tag,
    access: { permission: 'operator' },
    params: Type.Object({ categoryId: Id }, closed),
    body: Type.Object(
      { title: Type.Optional(line(1, 120)), titles: Type.Optional(Titles), position: Type.Optional(Position) },
      { ...closed, minProperties: 1 },
    ),
    answers: { 200: CategoryView },
    errors: ['category-not-found', 'version-mismatch', 'precondition-required'],
    handle: async (request) => {
      const ifVersion = versionFrom(request.headers['if-match'])
      const answer = await request.once(deps.db, async (tx) => {
        const category = await editCategory(tx, request.params.categoryId, ifVersion, request.body)
        return ok(categoryView(category), etag(category.version))
      })
      await tellShards(deps)
      await categoriesChanged(deps)
      return answer
    },
  }),
]
