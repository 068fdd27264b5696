/** Where the relay keeps how far it is: a schema and a role (`souk_relay`) of its own, on every shard. */
export const relaySchema = {
  service: 'relay',
  sets: [{ name: 'relay', folder: new URL('./migrations/', import.meta.url) }],
}
