export {
  type Access,
  type Answer,
  created,
  mayActFor,
  noContent,
  ok,
  type Principal,
  type Route,
  type RouteDefinition,
  type RouteRequest,
  route,
} from './route.ts'
