import { Alert, cx } from '@souk/ui/plain'
import { Link } from 'react-router'
import { useWords } from '../i18n/words.tsx'
import type { Announcement, ShopSays } from '../set.ts'

const tones = {
  info: 'bg-accent-soft text-ink',
  success: 'bg-good-soft text-ink',
  warning: 'bg-warn-soft text-ink',
} as const

/** What the marketplace has to say, above every page. */
export function Announced({ text, link, level }: Announcement) {
  const { to } = useWords()
  const words = <span className="theirs">{text}</span>
  return (
    <aside className={cx('px-4 py-2 text-center text-sm sm:px-6', tones[level])}>
      {link === '' ? (
        words
      ) : link.startsWith('/') ? (
        <Link to={to(link)} className="underline underline-offset-2">
          {words}
        </Link>
      ) : (
        <a href={link} rel="noopener" className="underline underline-offset-2">
          {words}
        </a>
      )}
    </aside>
  )
}

/** What a shop has to say on its pages. */
export function ShopSaid({ notice, awayUntil, className }: ShopSays & { className?: string }) {
  const { t, date } = useWords()
  if (notice === '' && awayUntil === '') return null
  return (
    <div className={cx('space-y-3', className)}>
      {awayUntil !== '' && <Alert tone="warn">{t('shop.away', { day: date(`${awayUntil}T12:00:00Z`) })}</Alert>}
      {notice !== '' && (
        <Alert>
          <span className="theirs">{notice}</span>
        </Alert>
      )}
    </div>
  )
}
