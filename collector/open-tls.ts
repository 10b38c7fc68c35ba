/** Wires the certificate: what is shown, what agents are told, who has taken it. Called by `collector.ts` alone. */
import type { TlsView } from '../shared/tls.ts';
import { certificateEnding } from './alerts/own-rules.ts';
import type { openAlerts } from './open-alerts.ts';
import type { Config } from './settings/config.ts';
import { createTrustAgents, type TrustAgents, type TrustAgentsParts } from './tls/agents.ts';
import { serveTls, type TlsServing } from './tls/serving.ts';
import { type TlsViewParts, tlsView } from './tls/view.ts';

type OpenTlsParts = Omit<TrustAgentsParts, 'told'> & Parameters<typeof serveTls>[1];

export interface OpenTls extends TlsServing {
  agents: TrustAgents;
  view(): TlsView;
  /** From here on agents hear of changes, and people of trouble. */
  start(
    alerts: Pick<Awaited<ReturnType<typeof openAlerts>>['alerts'], 'own'>,
    publicUrl: () => string,
    configure: (endpoint: string) => void,
  ): void;
}

export async function openTls(
  config: Config,
  parts: OpenTlsParts,
  onStop: (close: () => void) => void,
): Promise<OpenTls> {
  const { clock, log, fleet } = parts;
  const tls = await serveTls(config, { clock, log });
  onStop(() => tls.stop());
  const agents = await createTrustAgents({ ...parts, told: tls.told });
  onStop(() => agents.stop());
  tls.follow(() => agents.missing().length === 0);
  const seen: TlsViewParts = { data: config.data, tls, agents, fleet, now: clock.now };
  return {
    ...{ ...tls, agents },
    view: () => tlsView(seen),
    start(alerts, publicUrl, configure) {
      tls.onTold(() => void agents.tell(configure));
      tls.onLook((trouble, endsAt) => {
        if (trouble !== null) log.error({ trouble }, 'The certificate of this collector needs somebody');
        const about = { certificate: new URL(publicUrl()).hostname };
        alerts
          .own(certificateEnding, about, trouble !== null, endsAt)
          .catch((thrown: unknown) => log.error({ err: thrown }, 'Could not raise the alert about the certificate'));
      });
    },
  };
}
