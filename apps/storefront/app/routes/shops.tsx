import { Link, type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { forEverybody, headersOf, lifeOf, reading } from '../answers.server.ts'
import { useWords } from '../i18n/words.tsx'
import { Crumbs, Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { runtimeContext } from '../runtime.server.ts'

export { headersOf as headers }

export const loader = ({ context }: LoaderFunctionArgs) =>
  reading(async () => {
    const shops = await context.get(runtimeContext).store.shops()
    return forEverybody(
      shops.map(({ slug, name, description, banner, logo, country }) => ({
        slug,
        name,
        description,
        country,
        picture: banner ?? logo,
      })),
      lifeOf.list,
    )
  })

export default function Shops() {
  const shops = useLoaderData<typeof loader>()
  const { t, to, locale } = useWords()
  const countries = new Intl.DisplayNames(locale, { type: 'region' })
  return (
    <Page>
      <title>{`${t('shop.all')} · ${t('site.name')}`}</title>
      <Crumbs items={[{ title: t('nav.shops') }]} />
      <h1 className="display text-3xl sm:text-4xl">{t('shop.all')}</h1>
      <ul className="mt-8 grid gap-x-6 gap-y-10 sm:grid-cols-2 lg:grid-cols-3">
        {shops.map(({ slug, name, description, country, picture }) => (
          <li key={slug} className="lift group relative">
            <div className="overflow-hidden rounded-lg bg-sunken">
              <Picture
                picture={picture ?? undefined}
                alt=""
                sizes="(min-width: 64rem) 33vw, 50vw"
                className="aspect-3/2"
              />
            </div>
            <h2 className="display theirs mt-3 text-xl">
              <Link
                to={to(`/s/${slug}`)}
                prefetch="intent"
                className="after:absolute after:inset-0 group-hover:underline"
              >
                {name}
              </Link>
            </h2>
            <p className="text-sm text-quiet">{countries.of(country)}</p>
            <p className="theirs mt-1 line-clamp-3 text-sm">{description}</p>
          </li>
        ))}
      </ul>
    </Page>
  )
}
