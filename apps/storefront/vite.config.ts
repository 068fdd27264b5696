import { reactRouter } from '@react-router/dev/vite'
import tailwindcss from '@tailwindcss/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [tailwindcss(), reactRouter()],
  cacheDir: '../../.cache/storefront/vite',
  logLevel: 'error',
  build: {
    target: 'es2022',
    emptyOutDir: true,
    reportCompressedSize: false,
    // What is inlined is sent with every page; a file is sent once.
    assetsInlineLimit: 0,
  },
  environments: {
    ssr: {
      // One file that runs anywhere, with React's production half whatever NODE_ENV says.
      resolve: { noExternal: true },
      define: { 'process.env.NODE_ENV': '"production"' },
      build: { target: 'node22', rollupOptions: { input: './server/handler.ts' } },
    },
  },
})
