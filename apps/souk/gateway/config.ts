import { type EnvField, optional, text } from '@souk/service'

const upstreams = (given: { help: string }): EnvField<readonly string[]> => ({
  ...given,
  parse(value) {
    const addresses = value.split(',').map((address) => address.trim().replace(/\/$/, ''))
    const isAddress = (address: string) =>
      URL.canParse(address) && /^https?:$/.test(new URL(address).protocol) && new URL(address).origin === address
    if (!addresses.every(isAddress)) throw new Error('must be addresses as http://host:port, with commas between')
    return [...new Set(addresses)]
  },
})

/** Of the gateway alone. */
export const gatewayConfig = {
  SOUK_GATEWAY_UPSTREAMS: upstreams({
    help: 'The processes behind the gateway: http://10.0.0.7:7700,http://10.0.0.8:7700. What each serves it says itself.',
  }),
  SOUK_FORWARDER_SECRET: optional(
    text({
      minLength: 32,
      secret: true,
      help: 'Shows the processes behind the gateway who it is. Left out: made from SOUK_SECRET.',
    }),
  ),
  SOUK_ADMIN_BUILT: optional(
    text({ help: 'Folder with the built admin (scripts/pages.mjs), to be served at /admin. Left out: it is not.' }),
  ),
}
