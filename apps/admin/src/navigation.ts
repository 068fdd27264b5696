import {
  Activity,
  BookOpenCheck,
  Boxes,
  Building2,
  CalendarClock,
  ChartColumn,
  FolderTree,
  Gauge,
  Inbox,
  Landmark,
  type LucideIcon,
  MailWarning,
  MessagesSquare,
  PackageCheck,
  PackageSearch,
  ReceiptText,
  ScrollText,
  Settings,
  ShieldAlert,
  SlidersHorizontal,
  Star,
  TicketPercent,
  Timer,
  Undo2,
  UserCog,
  Users,
} from 'lucide-react'
import type { Duty } from './session.tsx'

export type Entry = { to: string; label: string; icon: LucideIcon; duty?: Duty }

/** What can be done in a shop, by the duty it takes. */
export const shopEntries: readonly Entry[] = [
  { to: '/s/$shopId', label: 'Today', icon: Gauge, duty: 'orders' },
  { to: '/s/$shopId/orders', label: 'Orders', icon: ReceiptText, duty: 'orders' },
  { to: '/s/$shopId/to-ship', label: 'To ship', icon: PackageCheck, duty: 'orders' },
  { to: '/s/$shopId/returns', label: 'Returns', icon: Undo2, duty: 'orders' },
  { to: '/s/$shopId/payments', label: 'Payments', icon: Landmark, duty: 'orders' },
  { to: '/s/$shopId/reports', label: 'Reports', icon: ChartColumn, duty: 'orders' },
  { to: '/s/$shopId/products', label: 'Products', icon: PackageSearch, duty: 'catalog' },
  { to: '/s/$shopId/sales', label: 'Sales', icon: CalendarClock, duty: 'catalog' },
  { to: '/s/$shopId/promotions', label: 'Promotions', icon: TicketPercent, duty: 'catalog' },
  { to: '/s/$shopId/stock', label: 'Stock', icon: Boxes, duty: 'inventory' },
  { to: '/s/$shopId/reviews', label: 'Reviews', icon: Star, duty: 'orders' },
  { to: '/s/$shopId/messages', label: 'Messages', icon: MessagesSquare, duty: 'settings' },
  { to: '/s/$shopId/members', label: 'Members', icon: Users, duty: 'members' },
  { to: '/s/$shopId/settings', label: 'Shop settings', icon: Settings, duty: 'settings' },
]

/** What operators look after. */
export const operatorEntries: readonly Entry[] = [
  { to: '/', label: 'Dashboard', icon: Activity },
  { to: '/reports', label: 'Reports', icon: ChartColumn },
  { to: '/shops', label: 'Shops', icon: Building2 },
  { to: '/stuck', label: 'Stuck orders', icon: Timer },
  { to: '/customers', label: 'Customers', icon: Users },
  { to: '/reviews', label: 'Reviews', icon: Star },
  { to: '/categories', label: 'Categories and tax', icon: FolderTree },
  { to: '/money', label: 'Money', icon: Landmark },
  { to: '/inbox', label: 'Inbox', icon: Inbox },
  { to: '/accounts', label: 'Accounts', icon: UserCog },
  { to: '/dead-letters', label: 'Dead letters', icon: MailWarning },
  { to: '/jobs', label: 'Jobs', icon: ShieldAlert },
  { to: '/settings', label: 'Settings and flags', icon: SlidersHorizontal },
  { to: '/audit', label: 'Invariants', icon: BookOpenCheck },
  { to: '/trail', label: 'Audit trail', icon: ScrollText },
]
