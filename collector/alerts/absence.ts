/**
 * When an endpoint that should be there is not. Pure. A server is expected always; a workstation is expected when it is
 * used, so that its silence, its sleep and its will prove nothing: only weeks of absence are worth a question.
 */

import type { SilentRule } from '../evaluate/book.ts';
import type { Level } from '../evaluate/evaluate.ts';
import type { Endpoint } from '../fleet/fleet.ts';

export function judgeAbsence(endpoint: Endpoint, rule: SilentRule, now: number): Level {
  return { rule, status: statusOf(endpoint, rule, now), value: null, threshold: rule.when.after_s };
}

function statusOf(endpoint: Endpoint, rule: SilentRule, now: number): Level['status'] {
  switch (endpoint.state) {
    case 'online':
      return 'clear';
    // The collector has just started, or the endpoint has never reported: nothing is known.
    case 'unknown':
    case 'never':
      return 'none';
    case 'lost':
    case 'offline': {
      // A last will is evidence in itself. Silence and goodbyes (a server has no right to sleep) count by their length.
      if (endpoint.kind === 'server' && endpoint.state === 'lost' && endpoint.stateReason === 'will') return 'breach';
      const since = endpoint.state === 'lost' ? (endpoint.lastSeenAt ?? endpoint.stateSince) : endpoint.stateSince;
      return now - since >= rule.when.after_s * 1000 ? 'breach' : 'none';
    }
  }
}
