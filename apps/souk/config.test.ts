import { parseEnv } from '@souk/service'
import { expect, test } from 'vitest'
import { appConfig } from './config.ts'

test.each([
  ['SOUK_SHARDS', 'postgres://souk:geheim@db2.example/east'],
  ['SOUK_SHARDS', `{"east": "postgres://souk:geheim"x`],
  ['SOUK_SHARDS', '{"east": "mysql://souk:geheim@db2.example/east"}'],
  ['SOUK_REPLICAS', 'postgres://souk:geheim@db3.example/home'],
  ['SOUK_REPLICAS', '{"home": "postgres://souk:geheim@db3.example/home"}'],
  ['DATABASE_URL', 'postgress://souk:geheim@db.example/souk'],
  ['SOUK_REDIS_URL', 'http://souk:geheim@redis.example'],
  ['SOUK_SECRET', 'geheim'],
])('a password is not repeated when a setting will not do: %s=%s', (name, value) => {
  const parse = () => parseEnv({ [name]: value }, appConfig)
  expect(parse).toThrow(name)
  expect(parse).not.toThrow('geheim')
})
