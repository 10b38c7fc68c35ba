/** The mailbox of the desk: how it does, and its test. */
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { MailInView, MailTrial } from '../../../shared/mail-in.ts';
import type { App, Context } from '../context.ts';

export function mailInRoutes(app: App, { mailIn }: Context): void {
  const tags = ['ticket desks'];
  const url = '/api/v1/mail-in';
  const View = Type.Object({ mailbox: Type.Union([MailInView, Type.Null()], { description: 'null: none is set' }) });

  app.get(
    url,
    { schema: { summary: 'The mailbox whose messages become tickets', tags, response: { 200: View } } },
    async () => ({ mailbox: await mailIn.view() }),
  );

  app.post(
    `${url}/test`,
    {
      schema: {
        summary: 'Log in to the mailbox and look at its folders; nothing is changed there',
        ...{ tags, response: { 200: MailTrial } },
      },
    },
    async (request) => {
      const trial = await mailIn.test();
      if (trial === null) throw fail('NOT_FOUND', { what: 'mailbox', id: 'mail_in' });
      request.noted = { before: {}, after: { accepted: trial.trouble === null } };
      return trial;
    },
  );
}
