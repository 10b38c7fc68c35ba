/** What an agent asks that finds itself on other hardware than it was enrolled on, and what it is answered. */
import { Type } from 'typebox';
import { WaitingAnswer } from './applicant.ts';

/** 200: it is the same endpoint; parts of its machine were changed, or nothing is known against it. */
export const GoesOn = Type.Object({ goesOn: Type.Literal(true) });
/** 202: whether the machine that it was enrolled on still reports is seen soon; or a person lets the copy join. */
export const AskLater = Type.Union([WaitingAnswer, Type.Object({ undecided: Type.Literal(true) })]);
/** 201: beside the credential of an endpoint of its own. */
export const OfCopy = {
  copyOf: Type.String({ description: 'name of the endpoint that it was copied from' }),
  original: Type.Enum(['alive', 'gone'], {
    description: 'whether the machine that it was copied from reports as well',
  }),
};
