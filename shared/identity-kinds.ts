/** What can happen to the identity of an endpoint. */
export const identityEventKinds = [
  'rotation_asked',
  'rotated',
  'asked_again',
  'enrolled_again',
  'refused',
  'let_in',
  'copied',
  'copy_made',
  'hardware',
  'continued',
  'retired',
  'restored',
] as const;
