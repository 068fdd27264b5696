import { flag, integer, oneOf, optional, text, url } from '@souk/service'

export const mediaConfig = {
  SOUK_MEDIA: oneOf(['folder', 's3'], {
    default: 'folder',
    help: 'Where pictures are kept: in a folder of this machine, or in a bucket (s3: Amazon, Google, MinIO and others).',
  }),
  SOUK_MEDIA_FOLDER: optional(text({ help: 'The folder. Left out: media in SOUK_DATA.' })),
  SOUK_DATA: text({ default: '.souk', help: 'Folder for the embedded PostgreSQL, the secret and pictures.' }),
  SOUK_MEDIA_QUOTA_MB: integer({
    min: 1,
    max: 10_000_000,
    default: 2_000,
    help: 'How many megabytes of pictures a shop may keep.',
  }),
  SOUK_MEDIA_CDN_URL: optional(
    url({
      protocols: ['http', 'https'],
      help: 'Where pictures are fetched from, when something stands in front of /media: https://pictures.example.',
    }),
  ),
  S3_ENDPOINT: optional(url({ protocols: ['http', 'https'], help: 'Of a bucket that is not at Amazon.' })),
  S3_REGION: text({ default: 'us-east-1', help: 'Region of the bucket.' }),
  S3_BUCKET: text({ default: 'souk-media', help: 'Name of the bucket; made when it is not there and may be made.' }),
  S3_ACCESS_KEY_ID: optional(text({ help: 'Left out: as the machine is known to Amazon.' })),
  S3_SECRET_ACCESS_KEY: optional(text({ secret: true, help: 'Of that key.' })),
  S3_PATH_STYLE: flag({ default: true, help: 'Address the bucket in the path; off for virtual hosts.' }),
}
