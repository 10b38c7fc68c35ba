/** Who and what can be notified: names and kinds, nothing of where a channel leads. */
import { ReceiverChoices } from '../../../shared/receivers.ts';
import type { App, Context } from '../context.ts';

export function receiverRoutes(app: App, { onCall, channels }: Context): void {
  app.get(
    '/api/v1/on-call/receivers',
    {
      schema: {
        summary: 'People, schedules, escalation policies and channels that can be notified',
        ...{ tags: ['on call'], response: { 200: ReceiverChoices } },
      },
    },
    async () => ({
      ...(await onCall.receiverNames()),
      channels: channels.list().map(({ id, kind }) => ({ name: id, kind })),
    }),
  );
}
