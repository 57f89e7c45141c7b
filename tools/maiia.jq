# maiia.jq - free slots as Maiia's public search answers them, made our import lines.
#
#   jq -rc --arg zone Europe/Paris -f tools/maiia.jq availabilities.json | fasti --organization ID import ndjson -
#
# An item is one free start of one reason; all of a reason are of one length, else this stops. Starts that
# follow each other without a gap are one opening, so that a schedule of some thousand starts stays within
# its openings; a visit of that length starts at each of them, and nowhere else. The answer names no zone.
#
#   practitionerId     practitioner and schedule      consultationReasonId   service, of the slots' minutes
#   centerId           location                       reason and start       opening

def seconds: sub("[.][0-9]+Z$"; "Z") | fromdateiso8601;
def instant: todateiso8601;

# Of slots in order of time: those that adjoin as one.
def runs:
  reduce .[] as $slot ([];
    if length > 0 and .[-1].end == $slot.start then .[-1].end = $slot.end else . + [$slot] end);

[.items[] | {schedule: .practitionerId, location: .centerId, service: .consultationReasonId,
             start: (.startDateTime | seconds), end: (.endDateTime | seconds)}]
| (map(.location) | unique[] | {kind: "location", id: ., zone: $zone}),
  (group_by(.service)[]
   | (map((.end - .start) / 60) | unique) as $minutes
   | if ($minutes | length) > 1 then error("slots of different lengths of reason \(.[0].service)") else . end
   | {kind: "service", id: .[0].service, minutes: $minutes[0]}),
  (group_by(.schedule)[]
   | {kind: "practitioner", id: .[0].schedule},
     {kind: "schedule", id: .[0].schedule, location: .[0].location, practitioner: .[0].schedule,
      service: (map(.service) | unique)}),
  (group_by([.schedule, .service])[] | sort_by(.start) | unique_by(.start) | runs[]
   | {kind: "opening", schedule, id: "\(.service) \(.start)", rule: "instant",
      from: (.start | instant), to: (.end | instant), service: [.service]})
