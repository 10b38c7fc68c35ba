/** Parts that evenkeel.yaml turns on: which are, so that the page of the settings can say how the others are. */
import { Type } from 'typebox';
import { OptionalParts } from '../../../shared/api.ts';
import type { App, Context } from '../context.ts';

export function optionalPartRoutes(app: App, context: Context): void {
  const { selfService, scripts, mailIn, chat, desks, remoteSupport, ldap } = context;
  app.get(
    '/api/v1/collector/parts',
    {
      schema: {
        summary: 'Parts that evenkeel.yaml turns on, and which of them are on',
        ...{ tags: ['collector'], response: { 200: Type.Object({ items: OptionalParts }) } },
      },
    },
    async () => ({
      items: [
        { name: 'self_service' as const, isOn: selfService.isOn },
        { name: 'scripts' as const, isOn: scripts.isOn },
        { name: 'mail_in' as const, isOn: (await mailIn.view()) !== null },
        { name: 'chat' as const, isOn: (await chat.view()).length > 0 },
        { name: 'desks' as const, isOn: (await desks.view()).length > 0 },
        { name: 'remote_support' as const, isOn: remoteSupport.length > 0 },
        { name: 'ldap' as const, isOn: (await ldap.view()) !== null },
      ],
    }),
  );
}
