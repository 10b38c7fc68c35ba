/** Receivers as texts: `channel:ops`, `person:ann`, `schedule:primary`, `policy:servers`. */
export const receiverKinds = ['channel', 'person', 'schedule', 'policy'] as const;
export type ReceiverKind = (typeof receiverKinds)[number];

/** Null: it is none. */
export function kindOfReceiver(text: string): ReceiverKind | null {
  const kind = text.slice(0, Math.max(0, text.indexOf(':')));
  return receiverKinds.find((one) => one === kind) ?? null;
}

export const nameOfReceiver = (text: string): string => text.slice(text.indexOf(':') + 1);
