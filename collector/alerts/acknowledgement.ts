/**
 * Acknowledgement. Pure. Holds who has an alert until it expires; ends with its alert, and when the alert gets worse
 * than the acknowledged level. A hand-over that is not accepted ends it, too: otherwise an alert would stay with a
 * person who has gone home.
 */
export interface Acknowledgement {
  at: number;
  by: string;
  note: string | null;
  /** ms UTC. */
  until: number;
  /** Survives a rise to a worse level. */
  sticky: boolean;
  handOver: { to: string; until: number } | null;
}

export type AcknowledgedSeverity = 'info' | 'warning' | 'critical';
export type AcknowledgementEnd = 'resolved' | 'worse' | 'expired' | 'withdrawn' | 'hand-over not accepted';

const hourMs = 3_600_000;
/** Short for critical alerts: the acknowledgement expires within the same shift. */
const defaultMs: Record<AcknowledgedSeverity, number> = {
  critical: 4 * hourMs,
  warning: 24 * hourMs,
  info: 24 * hourMs,
};
export const longestMs = 7 * 24 * hourMs;
const acceptMs = 15 * 60_000;

export interface AcknowledgementRequest {
  by: string;
  note?: string | null;
  until?: number | null;
  sticky?: boolean;
  /** By the link in a message, in place of a page. */
  via?: 'link';
}

/** A second person's acknowledgement replaces the first. */
export function acknowledged(
  request: AcknowledgementRequest,
  severity: AcknowledgedSeverity,
  at: number,
): Acknowledgement {
  const until = Math.min(request.until ?? at + defaultMs[severity], at + longestMs);
  return { at, by: request.by, note: request.note ?? null, until, sticky: request.sticky ?? false, handOver: null };
}

/** Stays with the giver until it is accepted. */
export function handedOver(current: Acknowledgement, to: string, at: number): Acknowledgement {
  return { ...current, handOver: { to, until: at + acceptMs } };
}

/** When time alone ends it. */
export const endsAt = ({ until, handOver }: Acknowledgement): number => Math.min(until, handOver?.until ?? until);

export function endedBy(current: Acknowledgement, at: number): AcknowledgementEnd | null {
  if (current.handOver && current.handOver.until <= Math.min(at, current.until)) return 'hand-over not accepted';
  return current.until <= at ? 'expired' : null;
}
