/**
 * An endpoint that should be connected and is not. A server is always expected; a workstation only while it is used, so
 * its silence, sleep and last will prove nothing: only weeks of absence alert.
 */
import { type Static, Type } from 'typebox';
import { type RuleKind, type RuleStatus, seconds } from './kind.ts';

const When = Type.Object({ kind: Type.Literal('absence'), after_s: seconds(1) }, { additionalProperties: false });

export const absence = {
  kind: 'absence',
  whileAway: true,
  schema: When,
  metric: () => 'endpoint.silent',
  limit: ({ after_s }) => after_s,
  judgeEndpoint({ when }, endpoint, _memory, now) {
    const answer = (status: RuleStatus, dueAt: number | null = null) => {
      return { status, value: null, threshold: when.after_s, dueAt };
    };
    // Targets and services report nothing themselves: that nobody can tell how they are is no silence of theirs.
    if (endpoint.kind === 'target') return answer('clear');
    switch (endpoint.state) {
      case 'online':
        return answer('clear');
      // The collector has just started, or the endpoint has never reported: its state is unknown.
      case 'unknown':
      case 'never':
        return answer('none');
      case 'lost':
      case 'offline': {
        // A last will is evidence in itself. Silence and sign-offs (a server must not sleep) count by their length.
        if (endpoint.kind === 'server' && endpoint.state === 'lost' && endpoint.stateReason === 'will')
          return answer('breach');
        const since = endpoint.state === 'lost' ? (endpoint.lastSeenAt ?? endpoint.stateSince) : endpoint.stateSince;
        const dueAt = since + when.after_s * 1000;
        return now >= dueAt ? answer('breach') : answer('none', dueAt);
      }
    }
  },
} as const satisfies RuleKind<Static<typeof When>>;
