/** Pages for people without an account: the secret in the link is what counts. GET shows, POST acts; off by default. */
export const pagesWithoutAccount = {
  'GET /report/:label': 'public',
  'POST /report/:label': 'public',
  'GET /report/:label/search': 'public',
  'GET /report/:label/articles/:id': 'public',
  'POST /report/:label/articles/:id': 'public',
  'GET /request': 'public',
  'POST /request': 'public',
  'GET /request/:secret': 'public',
  'GET /request/:secret/files/:file': 'public',
  'POST /request/:secret': 'public',
  'GET /recovery': 'public',
  'POST /recovery': 'public',
  'GET /recovery/:secret': 'public',
  'POST /recovery/:secret': 'public',
  'GET /recovery/confirm/:secret': 'public',
  'POST /recovery/confirm/:secret': 'public',
} as const;
