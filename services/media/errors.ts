import { defineErrors } from '@souk/errors'

export const mediaErrors = defineErrors({
  'media-not-found': {
    status: 404,
    title: 'No such picture',
    help: 'There is no picture with this id, or it is not yours to manage.',
  },
  'media-shop-not-found': {
    status: 404,
    title: 'No such shop for pictures',
    help: 'The shop does not exist, or its pictures are not yours to manage.',
  },
  'media-quota-exceeded': {
    status: 409,
    title: 'No room for this picture',
    help: 'The shop keeps as much as it may: `quotaBytes`. Delete pictures that are no longer used.',
  },
  'media-refused': {
    status: 422,
    title: 'This is no picture we take',
    help: '`reason` says what was found: the bytes must be a whole JPEG, PNG, WebP, AVIF or GIF of the announced type and size.',
  },
  'media-not-uploaded': {
    status: 409,
    title: 'Nothing was uploaded yet',
    help: 'Send the bytes to `upload.url` first, then complete it.',
  },
  'media-not-ready': {
    status: 409,
    title: 'Not ready yet',
    help: 'The picture is still being processed, was refused, or is being deleted: `state`.',
  },
  'media-link-invalid': {
    status: 403,
    title: 'This link is not valid',
    help: 'Links to upload and download are valid for some minutes and for one picture. Ask for a new one.',
  },
  'media-storage-unavailable': {
    status: 503,
    title: 'Pictures cannot be reached right now',
    help: 'Where pictures are kept does not answer. Nothing was lost; try again in some seconds.',
  },
})
