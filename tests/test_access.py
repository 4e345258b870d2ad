"""Threats 12 and 18: who gets what at every address, as one table. A new address is a new row here, or the suite fails.

Each cell is the status of a real request. ``in`` is a redirect to the sign-in page. The objects in braces belong to ``learner`` (who is in
the cohort of ``trainer``) unless they are the guest's. A stranger's object is 404, a page for another role 403.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from flask import Flask
from sqlalchemy.orm import Session

from tests.conftest import Clock
from tests.support.access_world import WHO, Row, World, world
from tests.support.attempt_client import start_assigned

__all__ = ["world"]

TABLE = """
#                                                                   visitor guest learner other trainer trainer2 admin
# -- for everybody
GET  /                                                                  200   200   200   200   200   200   200
GET  /healthz                                                           200   200   200   200   200   200   200
GET  /readyz                                                            200   200   200   200   200   200   200
GET  /metrics                                                           200   200   200   200   200   200   200
GET  /red-flags                                                         200   200   200   200   200   200   200
GET  /leaflets                                                          200   200   200   200   200   200   200
GET  /leaflets/animals                                                  200   200   200   200   200   200   200
GET  /leaflets/none                                                     404   404   404   404   404   404   404
GET  /bibliography                                                      200   200   200   200   200   200   200
GET  /about-course                                                      200   200   200   200   200   200   200
GET  /glossary                                                          200   200   200   200   200   200   200
GET  /search                                                            200   200   200   200   200   200   200
GET  /progress                                                          200   200   200   200   200   200   200
GET  /body-map                                                          200   200   200   200   200   200   200
GET  /fs-static/none                                                    404   404   404   404   404   404   404
POST /appearance                                                        303   303   303   303   303   303   303
POST /language                                                          303   303   303   303   303   303   303
GET  /modules/safety                                                    200   200   200   200   200   200   200
GET  /modules/safety/test                                               200   200   200   200   200   200   200
GET  /modules/none/test                                                 404   404   404   404   404   404   404
GET  /modules/none                                                      404   404   404   404   404   404   404
GET  /modules/safety/lessons/red-flags                                  200   200   200   200   200   200   200
GET  /modules/evidence/lessons/red-flags                                404   404   404   404   404   404   404
POST /modules/safety/lessons/red-flags/place                            204   204   204   204   204   204   204
POST /modules/safety/lessons/red-flags/done                             303   303   303   303   303   303   303
POST /modules/safety/lessons/red-flags/checks/{check}                   303   303   303   303   303   303   303
POST /modules/safety/lessons/red-flags/checks/{tested}                  404   404   404   404   404   404   404

# -- a module of a library, which is assigned to `learner`
GET  /modules/{library}.first-module                                    404   404   200   404   200   404   200
GET  /modules/{library}.first-module/test                               404   404   200   404   200   404   200
GET  /modules/{library}.first-module/lessons/{library}.first-lesson     404   404   200   404   200   404   200
POST /modules/{library}.first-module/lessons/{library}.first-lesson/place 404   404   204   404   204   404   204
POST /modules/{library}.first-module/lessons/{library}.first-lesson/done 404   404   303   404   303   404   303
POST /modules/{library}.first-module/lessons/{library}.first-lesson/checks/{library}.first-practice-1 404   404   303   404   303   404   303
POST /modules/{library}.first-module/attempts?practice                  404   404   303   404   303   404   303
POST /practice?private                                                  404   404   303   404   303   404   303
GET  /teach/questions/{private}                                          in    in   403   403   200   404   200

# -- attempts: practice for everybody, tests for accounts, and nobody sees another's
POST /modules/safety/attempts?practice                                  303   303   303   303   303   303   303
POST /modules/safety/attempts?test                                       in    in   303   303   303   303   303
GET  /assignments/{assignment}                                           in    in   200   404   404   404   404
POST /assignments/{assignment}/attempts                                  in    in   303   404   404   404   404
GET  /attempts/{attempt}                                                404   404   302   404   404   404   404
GET  /attempts/{attempt}/1                                              404   404   200   404   404   404   404
GET  /attempts/{attempt}/99                                             404   404   404   404   404   404   404
POST /attempts/{attempt}/1                                              404   404   303   404   404   404   404
GET  /attempts/{attempt}/summary                                        404   404   200   404   404   404   404
GET  /attempts/{attempt}/time                                           404   404   200   404   404   404   404
GET  /attempts/{attempt}/1/report                                       404   404   200   404   404   404   404
POST /attempts/{attempt}/1/report                                       404   404   303   404   404   404   404
GET  /attempts/{attempt}/result                                         404   404   302   404   404   404   404
POST /attempts/{attempt}/submit                                         404   404   303   404   404   404   404
GET  /attempts/{done}                                                   404   404   302   404   404   404   404
GET  /attempts/{done}/1                                                 404   404   302   404   404   404   404
POST /attempts/{done}/1                                                 404   404   409   404   404   404   404
GET  /attempts/{done}/summary                                           404   404   302   404   404   404   404
GET  /attempts/{done}/time                                              404   404   200   404   404   404   404
GET  /attempts/{done}/1/report                                          404   404   200   404   404   404   404
POST /attempts/{done}/1/report                                          404   404   303   404   404   404   404
GET  /attempts/{done}/result                                            404   404   200   404   404   404   404
POST /attempts/{done}/submit                                            404   404   303   404   404   404   404
GET  /attempts/{guests}/1                                               404   200   404   404   404   404   404
POST /attempts/{guests}/1                                               404   303   404   404   404   404   404
GET  /attempts/{guests}/summary                                         404   200   404   404   404   404   404
GET  /attempts/{guests}/time                                            404   200   404   404   404   404   404
GET  /attempts/{guests}/1/report                                        404   200   404   404   404   404   404
POST /attempts/{guests}/1/report                                        404   303   404   404   404   404   404
POST /attempts/{attempt}/2/reply                                        404   404   404   404   404   404   404
POST /attempts/{attempt}/3/reply                                        404   404   404   404   404   404   404
POST /attempts/{done}/3/reply                                           404   404   303   404   404   404   404
POST /attempts/{guests}/submit                                          404   303   404   404   404   404   404
GET  /attempts/{checked}/1                                              404   404   404   404   404   404   404
GET  /attempts/{checked}/result                                         404   404   404   404   404   404   404

GET  /certificates                                                       in    in   200   200   200   200   200
GET  /attempts/{handed}/certificate                                      in    in   200   404   404   404   404
POST /attempts/{handed}/certificate                                      in    in   303   404   404   404   404
GET  /attempts/{handed}/certificate.pdf                                  in    in   200   404   404   404   404
GET  /attempts/{attempt}/certificate                                     in    in   404   404   404   404   404
POST /attempts/{attempt}/certificate                                     in    in   404   404   404   404   404
GET  /attempts/{attempt}/certificate.pdf                                 in    in   404   404   404   404   404
GET  /verify                                                            200   200   200   200   200   200   200
GET  /verify/{verified}                                                 200   200   200   200   200   200   200
GET  /verify/none                                                       404   404   404   404   404   404   404

# -- reviews: for accounts; only their own answers can be undone, and only in a review
GET  /review                                                            200   200   200   200   200   200   200
POST /review                                                             in    in   303   303   303   303   303
POST /review/plan                                                        in    in   303   303   303   303   303
POST /review/pause                                                       in    in   303   303   303   303   303
POST /attempts/{attempt}/1/undo                                         404   404   409   404   404   404   404
POST /attempts/{done}/1/undo                                            404   404   409   404   404   404   404
POST /attempts/{guests}/1/undo                                          404   409   404   404   404   404   404
POST /attempts/{attempt}/99/undo                                        404   404   404   404   404   404   404
POST /practice                                                          303   303   303   303   303   303   303
POST /practice?unknown                                                  404   404   404   404   404   404   404

# -- accounts
GET  /login                                                             200   200   302   302   302   302   302
POST /login                                                             200   200   302   302   302   302   302
POST /logout                                                            302   302   302   302   302   302   302
GET  /register                                                          200   200   302   302   302   302   302
POST /register                                                          200   200   302   302   302   302   302
GET  /reset                                                             200   200   200   200   200   200   200
POST /reset                                                             200   200   200   200   200   200   200
GET  /reset/{reset}                                                     200   200   200   200   200   200   200
POST /reset/{reset}                                                      in    in    in    in    in    in    in
GET  /reset/none                                                        302   302   302   302   302   302   302
GET  /change                                                             in    in   200   200   200   200   200
POST /change                                                             in    in   200   200   200   200   200
GET  /account                                                            in    in   200   200   200   200   200
POST /account                                                            in    in   303   303   303   303   303
GET  /account/notifications                                              in    in   200   200   200   200   200
POST /account/notifications                                              in    in   303   303   303   303   303
GET  /unsubscribe/{unsubscribe}                                         200   200   200   200   200   200   200
POST /unsubscribe/{unsubscribe}                                         200   200   200   200   200   200   200
GET  /unsubscribe/none                                                  404   404   404   404   404   404   404
GET  /messages                                                           in    in   200   200   200   200   200
POST /messages/{message}/read                                            in    in   303   404   404   404   404
GET  /account/email                                                      in    in   200   200   200   200   200
POST /account/email                                                      in    in   422   422   422   422   422
GET  /account/email/confirm/none                                         in    in   410   410   410   410   410
POST /account/email/confirm/none                                         in    in   410   410   410   410   410
POST /account/email/resend                                               in    in   303   303   303   303   303
POST /account/email/cancel                                               in    in   303   303   303   303   303
GET  /account/sign-ins                                                   in    in   200   200   200   200   200
POST /account/sign-ins                                                   in    in   422   422   422   422   422
POST /account/time-zone                                                  in    in   303   303   303   303   303
POST /account/notices                                                    in    in   303   303   303   303   303
POST /account/cohorts/{cohort}/leave                                     in    in   303   404   404   404   404
POST /account/data                                                       in    in   200   200   200   200   200
GET  /account/delete                                                     in    in   200   200   200   200   200
POST /account/delete                                                     in    in   422   422   422   422   422
POST /account/guest                                                      in    in   303   303   303   303   303
GET  /invitation/{invitation}                                           200   200   200   200   200   200   200
POST /invitation/{invitation}                                           303   303   200   200   200   200   200
GET  /invitation/none                                                   404   404   404   404   404   404   404
GET  /calendar/{calendar}.ics                                           200   200   200   200   200   200   200
GET  /calendar/none.ics                                                 404   404   404   404   404   404   404
POST /calendar                                                           in    in   303   303   303   303   303
GET  /join                                                              200   200   200   200   200   200   200
POST /join                                                              303   303   303   303   303   303   303
GET  /join/{code}                                                       200   200   200   200   200   200   200
POST /join/{code}                                                        in    in   303   303   303   303   303
GET  /join/none                                                         404   404   404   404   404   404   404

# -- teaching: the cohort's trainer and administrators
GET  /teach                                                              in    in   403   403   200   200   200
GET  /teach/cohorts                                                      in    in   403   403   200   200   200
POST /teach/cohorts                                                      in    in   403   403   303   303   303
GET  /teach/cohorts/{cohort}                                             in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/gradebook                                   in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/gradebook.csv                               in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/gradebook.xlsx                              in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/gradebook/totals                            in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/gradebook/totals                            in    in   403   403   303   404   303
GET  /teach/cohorts/{cohort}/gradebook/names                             in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/gradebook/names                             in    in   403   403   303   404   303
GET  /teach/cohorts/{cohort}/gradebook?attention                         in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/learners/{learner}                          in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/learners/{stranger}                         in    in   403   403   404   404   404
GET  /teach/attempts/{attempt}                                           in    in   403   403   200   404   200
GET  /teach/attempts/{handed}                                            in    in   403   403   200   404   200
GET  /teach/attempts/{done}                                              in    in   403   403   404   404   404
GET  /teach/attempts/{guests}                                            in    in   403   403   404   404   404
GET  /teach/attempts/{checked}                                           in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/people                                      in    in   403   403   200   404   200
GET  /teach/questions                                                    in    in   403   403   200   200   200
GET  /teach/questions/{asked}                                            in    in   403   403   200   200   200
GET  /teach/sources                                                      in    in   403   403   200   200   200
GET  /teach/sources/ts-1999                                              in    in   403   403   200   200   200
GET  /teach/cohorts/{cohort}/insight/questions                           in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight/answers                             in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight/gain                                in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight                                     in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight?theirs                              in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/insight/scores.svg                          in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight/questions.csv                       in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight/gain.svg                            in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/insight/muscles.svg                         in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/insight/places.svg                          in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/insight/questions/{asked}                   in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight/questions/{asked}/curves.svg        in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/join-code                                   in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/remove                                      in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/readmit                                     in    in   403   403   303   404   303
GET  /teach/cohorts/{cohort}/join-screen                                 in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/join-screen/joined                          in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/roster                                      in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/roster                                      in    in   403   403   303   404   303
GET  /teach/cohorts/{cohort}/roster/{roster}                             in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/roster/{roster}                             in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/roster/{roster}/encoding                    in    in   403   403   400   404   400
POST /teach/cohorts/{cohort}/roster/{their_roster}/encoding              in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/roster/{roster}/discard                     in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/invitations/renew                           in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/invitations/{to_join}/renew                 in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/invitations/{to_join}/withdraw              in    in   403   403   303   404   303
GET  /teach/cohorts/{cohort}/settings                                    in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/settings                                    in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/archive                                     in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/restore                                     in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/copy                                        in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/trainers                                    in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/members/{learner}                           in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/members/{stranger}                          in    in   403   403   404   404   404
POST /teach/cohorts/{cohort}/members/{learner}/reset-link                in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/members/{stranger}/reset-link               in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/trainers/{assistant}                        in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/trainers/restore                            in    in   403   403   404   404   404
POST /teach/cohorts/{cohort}/trainers/remove                             in    in   403   403   303   404   303
GET  /teach/cohorts/{cohort}/roster/{their_roster}                       in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/roster/{their_roster}/discard               in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/invitations/{invitation_id}/renew           in    in   403   403   404   404   404
POST /teach/cohorts/{cohort}/invitations/{invitation_id}/withdraw        in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/assignments/new                             in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/assignments/new                             in    in   403   403   303   404   303
GET  /teach/assignments/{assignment}                                     in    in   403   403   200   404   200
GET  /teach/assignments/{assignment}/settings                            in    in   403   403   200   404   200
POST /teach/assignments/{assignment}/settings                            in    in   403   403   303   404   303
POST /teach/assignments/{assignment}/withdraw                            in    in   403   403   303   404   303
POST /teach/assignments/{assignment}/set-again                           in    in   403   403   303   404   303
POST /teach/assignments/{assignment}/delete                              in    in   403   403   303   404   303
GET  /teach/assignments/{assignment}/preview                             in    in   403   403   200   404   200
GET  /teach/assignments/{assignment}/preview/1                           in    in   403   403   200   404   200
GET  /teach/assignments/{assignment}/exceptions                          in    in   403   403   200   404   200
POST /teach/assignments/{assignment}/exceptions                          in    in   403   403   303   404   303
POST /teach/assignments/{assignment}/exceptions/move-closing             in    in   403   403   303   404   303
GET  /teach/assignments/{assignment}/exceptions/{learner}                in    in   403   403   200   404   200
GET  /teach/assignments/{granting}/exceptions/{learner}                  in    in   403   403   200   404   200
POST /teach/assignments/{granting}/exceptions/{learner}                  in    in   403   403   303   404   303
POST /teach/assignments/{granting}/exceptions/{learner}/take-back        in    in   403   403   303   404   303
GET  /teach/assignments/{set}/questions/{asked}/correct                  in    in   403   403   200   404   200
POST /teach/assignments/{set}/questions/{asked}/correct                  in    in   403   403   303   404   303
GET  /teach/assignments/{set}/questions/{asked}/correct/preview          in    in   403   403   200   404   200
GET  /teach/assignments/{theirs}/questions/{asked}/correct?theirs        in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/messages                                    in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/messages/new                                in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/messages/new                                in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/messages/{message}/retry                    in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/messages/{their_message}/retry              in    in   403   403   404   404   404
GET  /teach/certificates/{certificate}                                   in    in   403   403   200   404   200
POST /teach/certificates/{certificate}                                   in    in   403   403   303   404   303
POST /teach/certificates/{certificate}/restore                           in    in   403   403   303   404   303
GET  /teach/attempts/{handed}/reopen                                     in    in   403   403   200   404   200
POST /teach/attempts/{handed}/reopen                                     in    in   403   403   303   404   303
GET  /teach/attempts/{done}/reopen                                       in    in   403   403   404   404   404
GET  /teach/assignments/{set}/time                                       in    in   403   403   200   404   200
POST /teach/assignments/{set}/time                                       in    in   403   403   303   404   303
GET  /teach/attempts/{handed}/1/mark                                     in    in   403   403   200   404   200
POST /teach/attempts/{handed}/1/mark                                     in    in   403   403   303   404   303
GET  /teach/assignments/{writing}/marking                                in    in   403   403   200   404   200
POST /teach/assignments/{writing}/marking                                in    in   403   403   303   404   303
GET  /teach/assignments/{writing}/marking/{written}                      in    in   403   403   200   404   200
GET  /teach/assignments/{writing}/marking/{written}/{to_mark}            in    in   403   403   200   404   200
POST /teach/assignments/{writing}/marking/{written}/{to_mark}            in    in   403   403   303   404   303
GET  /teach/assignments/{theirs}/marking/{written}/{to_mark}?theirs      in    in   403   403   404   404   404
GET  /teach/reports                                                      in    in   403   403   200   200   200
GET  /teach/reports/{report}                                             in    in   403   403   200   404   200
POST /teach/reports/{report}                                             in    in   403   403   303   404   303

# -- the studio: own libraries, shared ones (`trainer` only reads that of `trainer2`) and those of others
GET  /studio                                                             in    in   403   403   200   200   200
POST /studio                                                             in    in   403   403   303   303   303
POST /studio/invitations                                                 in    in   403   403   303   303   303
GET  /studio/none                                                        in    in   403   403   404   404   404
GET  /studio/{library}                                                   in    in   403   403   200   404   200
GET  /studio/{shared}                                                    in    in   403   403   200   200   200
GET  /studio/{library}/library.zip                                       in    in   403   403   200   404   200
GET  /studio/{shared}/library.zip                                        in    in   403   403   200   200   200
GET  /studio/{library}/text                                              in    in   403   403   200   404   200
GET  /studio/{shared}/text                                               in    in   403   403   200   200   200
GET  /studio/{library}/file                                              in    in   403   403   200   404   200
GET  /studio/{shared}/file                                               in    in   403   403   200   200   200
GET  /studio/{library}/history                                           in    in   403   403   200   404   200
GET  /studio/{shared}/history                                            in    in   403   403   200   200   200
GET  /studio/{library}/people                                            in    in   403   403   200   404   200
GET  /studio/{shared}/people                                             in    in   403   403   200   200   200
GET  /studio/{library}/new                                               in    in   403   403   200   404   200
GET  /studio/{shared}/new                                                in    in   403   403   403   200   200
POST /studio/{library}/new                                               in    in   403   403   303   404   303
POST /studio/{shared}/new                                                in    in   403   403   403   303   303
POST /studio/{library}/text                                              in    in   403   403   303   404   303
POST /studio/{shared}/text                                               in    in   403   403   403   303   303
GET  /studio/{library}/questions                                         in    in   403   403   200   404   200
GET  /studio/{shared}/questions                                          in    in   403   403   200   200   200
POST /studio/{library}/questions                                         in    in   403   403   303   404   303
POST /studio/{shared}/questions                                          in    in   403   403   403   303   303
GET  /studio/{library}/question                                          in    in   403   403   200   404   200
GET  /studio/{shared}/question                                           in    in   403   403   200   200   200
POST /studio/{library}/question                                          in    in   403   403   303   404   303
POST /studio/{shared}/question                                           in    in   403   403   403   303   303
GET  /studio/{library}/question/new                                      in    in   403   403   200   404   200
GET  /studio/{shared}/question/new                                       in    in   403   403   403   200   200
POST /studio/{library}/question/check                                    in    in   403   403   200   404   200
POST /studio/{shared}/question/check                                     in    in   403   403   403   200   200
GET  /studio/{library}/module                                            in    in   403   403   200   404   200
GET  /studio/{shared}/module                                             in    in   403   403   200   200   200
POST /studio/{library}/module                                            in    in   403   403   303   404   303
POST /studio/{shared}/module                                             in    in   403   403   403   303   303
POST /studio/{library}/module/check                                      in    in   403   403   200   404   200
POST /studio/{shared}/module/check                                       in    in   403   403   403   200   200
POST /studio/{library}/restore                                           in    in   403   403   303   404   303
POST /studio/{shared}/restore                                            in    in   403   403   403   303   303
POST /studio/{library}/remove                                            in    in   403   403   303   404   303
POST /studio/{shared}/remove                                             in    in   403   403   403   303   303
GET  /studio/{library}/upload                                            in    in   403   403   200   404   200
GET  /studio/{shared}/upload                                             in    in   403   403   403   200   200
POST /studio/{library}/upload                                            in    in   403   403   422   404   422
POST /studio/{shared}/upload                                             in    in   403   403   403   422   422
GET  /studio/{library}/import                                            in    in   403   403   200   404   200
GET  /studio/{shared}/import                                             in    in   403   403   403   200   200
POST /studio/{library}/import/upload                                     in    in   403   403   422   404   422
POST /studio/{shared}/import/upload                                      in    in   403   403   403   422   422
POST /studio/{library}/import                                            in    in   403   403   303   404   303
POST /studio/{shared}/import                                             in    in   403   403   403   303   303
POST /studio/{library}/import/discard                                    in    in   403   403   303   404   303
POST /studio/{shared}/import/discard                                     in    in   403   403   403   303   303
GET  /studio/{library}/import/report.txt                                 in    in   403   403   404   404   404
GET  /studio/{shared}/import/report.txt                                  in    in   403   403   403   404   404
GET  /studio/import-template.xlsx                                        in    in   403   403   200   200   200
GET  /studio/{library}/export                                            in    in   403   403   200   404   200
GET  /studio/{shared}/export                                             in    in   403   403   200   200   200
GET  /studio/{library}/export/file?format=gift                           in    in   403   403   200   404   200
GET  /studio/{shared}/export/file?format=gift                            in    in   403   403   200   200   200
POST /studio/{library}/people                                            in    in   403   403   303   404   303
POST /studio/{shared}/people                                             in    in   403   403   403   303   303
POST /studio/{library}/name                                              in    in   403   403   303   404   303
POST /studio/{shared}/name                                               in    in   403   403   403   303   303
POST /studio/{library}/people/role                                       in    in   403   403   303   404   303
POST /studio/{shared}/people/role                                        in    in   403   403   403   303   303
POST /studio/{library}/people/remove                                     in    in   403   403   303   404   303
POST /studio/{shared}/people/remove                                      in    in   403   403   403   303   303
POST /studio/{library}/people/withdraw                                   in    in   403   403   303   404   303
POST /studio/{shared}/people/withdraw                                    in    in   403   403   403   404   404
GET  /studio/{library}/modules/new                                       in    in   403   403   200   404   200
GET  /studio/{shared}/modules/new                                        in    in   403   403   403   200   200
POST /studio/{library}/modules/new                                       in    in   403   403   303   404   303
POST /studio/{shared}/modules/new                                        in    in   403   403   403   303   303
GET  /studio/{library}/publication                                       in    in   403   403   200   404   200
GET  /studio/{shared}/publication                                        in    in   403   403   200   200   200
GET  /studio/{library}/publication/preview                               in    in   403   403   200   404   200
GET  /studio/{shared}/publication/preview                                in    in   403   403   403   200   200
POST /studio/{library}/publication                                       in    in   403   403   409   404   409
POST /studio/{shared}/publication                                        in    in   403   403   403   409   409
GET  /studio/{library}/publication/end                                   in    in   403   403   200   404   200
GET  /studio/{shared}/publication/end                                    in    in   403   403   403   302   302
POST /studio/{library}/publication/end                                   in    in   403   403   303   404   303
POST /studio/{shared}/publication/end                                    in    in   403   403   403   303   303

# -- administration
GET  /admin                                                              in    in   403   403   403   403   302
GET  /admin/start                                                        in    in   403   403   403   403   200
GET  /admin/users                                                        in    in   403   403   403   403   200
GET  /admin/users/{user}                                                 in    in   403   403   403   403   200
POST /admin/users/{user}/role                                            in    in   403   403   403   403   303
POST /admin/users/{user}/email                                           in    in   403   403   403   403   303
POST /admin/users/{user}/extra-time                                      in    in   403   403   403   403   303
POST /admin/users/{user}/end-sign-ins                                    in    in   403   403   403   403   303
POST /admin/users/{user}/deactivate                                      in    in   403   403   403   403   303
POST /admin/users/{user}/reactivate                                      in    in   403   403   403   403   303
POST /admin/users/{user}/reset-link                                      in    in   403   403   403   403   200
POST /admin/users/{user}/export                                          in    in   403   403   403   403   200
GET  /admin/users/{user}/erase                                           in    in   403   403   403   403   200
POST /admin/users/{user}/erase                                           in    in   403   403   403   403   303
GET  /admin/invitations                                                  in    in   403   403   403   403   200
POST /admin/invitations                                                  in    in   403   403   403   403   200
POST /admin/invitations/{invitation_id}/withdraw                         in    in   403   403   403   403   303
GET  /admin/audit                                                        in    in   403   403   403   403   200
GET  /admin/content                                                      in    in   403   403   403   403   200
GET  /admin/content/check                                                in    in   403   403   403   403   200
POST /admin/content/publish                                              in    in   403   403   403   403   409
GET  /admin/health                                                       in    in   403   403   403   403   200
GET  /admin/audit.csv                                                    in    in   403   403   403   403   200
GET  /admin/questions                                                    in    in   403   403   403   403   302
GET  /admin/questions/{asked}/correct                                    in    in   403   403   403   403   200
POST /admin/questions/{asked}/correct                                    in    in   403   403   403   403   303
GET  /admin/questions/{asked}/correct/preview                            in    in   403   403   403   403   200
"""


def rows() -> Iterator[Row]:
    for line in TABLE.splitlines():
        if line and not line.startswith("#"):
            method, path, *cells = line.split()
            assert len(cells) == len(WHO), line
            yield Row(method, path, tuple(cells))


ROWS = list(rows())


def is_read(statement: str) -> bool:
    """Whether a statement reads; a CTE may write."""
    return bool(re.match(r"(SELECT|WITH)\b", statement)) and not re.search(r"\b(INSERT|UPDATE|DELETE)\b", statement)


def test_everybody_gets_what_the_table_says_and_no_get_writes(
    world: World, statements: Callable[[], list[str]]
) -> None:
    """Threats 12 and 18, with one request for each cell.

    Fails when a view lacks its decorator, or loads an object by its id alone; when a visitor becomes a guest by looking,
    or a page notes that it was seen.
    """
    found, writing = [], []
    for row in ROWS:
        statements()
        found.append(Row(row.method, row.path, tuple(world.cell(row, who) for who in WHO)))
        if row.method == "GET":
            writing += [(row.request, text) for text in statements() if not is_read(text)]

    assert [str(row) for row in found] == [str(row) for row in ROWS]
    assert writing == []


def test_every_address_is_in_the_table(app: Flask) -> None:
    """Fails when somebody adds a view and not its row."""
    adapter = app.url_map.bind("localhost")
    tested = set()
    for row in ROWS:
        path = re.sub(r"\{\w+\}", "1", row.path.partition("?")[0])
        rule, _ = adapter.match(path, method=row.method, return_rule=True)
        tested.add((rule.rule, row.method))

    there = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint not in ("static", "combined")
    }

    assert there - tested == set()
    assert tested - there == set()


def test_each_row_stands_once() -> None:
    assert len({row.request for row in ROWS}) == len(ROWS)


def test_only_reports_of_marks_write_on_a_get_and_only_what_is_overdue(
    world: World, session: Session, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    """Threat 18. Fails when another GET closes attempts, or a report writes anything else.

    That a sign-in is in use is stored by any request, once in five minutes (tests/web/test_sign_ins.py).
    """
    start_assigned(world.browser("learner"), session, int(world.names["granting"]))
    clock.advance(hours=5)
    writing: dict[str, set[str]] = {}

    for row in ROWS:
        for who in WHO if row.method == "GET" else ():
            statements()
            world.cell(row, who)
            tables = {
                table
                for text in statements()
                if not text.startswith("UPDATE sign_in SET seen_at=")
                for table in re.findall(r"^(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)", text)
            }
            if tables:
                writing.setdefault(row.request, set()).update(tables)

    closing = {"attempt", "card_update", "mark", "scope_result"}
    assert writing == {
        "GET /teach/cohorts/{cohort}": closing,
        "GET /teach/cohorts/{cohort}/gradebook": closing,
        "GET /teach/cohorts/{cohort}/gradebook?attention": closing,
        "GET /teach/cohorts/{cohort}/learners/{learner}": closing,
        "GET /teach/assignments/{assignment}": closing,
        "GET /teach/assignments/{writing}/marking": closing,
        "GET /teach/attempts/{attempt}": closing,
        "GET /teach/attempts/{handed}": closing,
        "GET /teach/cohorts/{cohort}/gradebook.csv": closing,
        "GET /teach/cohorts/{cohort}/gradebook.xlsx": closing,
        "GET /teach/cohorts/{cohort}/insight": closing,
        "GET /teach/cohorts/{cohort}/insight/questions": closing,
        "GET /teach/cohorts/{cohort}/insight/answers": closing,
        "GET /teach/cohorts/{cohort}/insight/gain": closing,
        "GET /teach/cohorts/{cohort}/insight?theirs": closing,
        "GET /teach/cohorts/{cohort}/insight/scores.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/questions.csv": closing,
        "GET /teach/cohorts/{cohort}/insight/gain.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/muscles.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/places.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/questions/{asked}": closing,
        "GET /teach/cohorts/{cohort}/insight/questions/{asked}/curves.svg": closing,
    }
