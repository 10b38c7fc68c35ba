/** In `replaces` of a join code, in place of an id: machines that are recognised go on as the endpoint that they were. */
export const whoeverItWas = 'auto';

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

/** What a machine is recognised by: serial numbers of its firmware and its board, its installed system, its network cards. */
export const hardwareParts = ['uuid', 'serial', 'board', 'machine', 'macs'] as const;
export type HardwarePart = (typeof hardwareParts)[number];
