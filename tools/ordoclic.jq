# ordoclic.jq - slots as Ordoclic's public search answers them, made our import lines.
#
#   jq -rc --arg location cabinet -f tools/ordoclic.jq slots.json | fasti --organization ID import ndjson -
#
# A slot is one concrete time, timeStart to timeEnd; Z means UTC there. The rrule, base and until that it
# carries are those of the rule which the slot was made from: many slots share one, so they are not read,
# or each slot would open all times of its rule again. Each slot is an opening of one start, that a visit
# takes whole, whatever the length of its reason; a slot with an event (statusID not 0) is open, but full.
#
#   medicalStaffID     practitioner and schedule      reasonIDs   services, of the shortest slot's minutes
#   tzId               zone of the location           id and timeStart   opening (the id alone is the rule's)

def seconds: sub("[.][0-9]+Z$"; "Z") | fromdateiso8601;
def minutes: ((.timeEnd | seconds) - (.timeStart | seconds)) / 60;

.slots
| (map(.tzId) | unique) as $zones
| if ($zones | length) > 1 then error("slots of several zones: \($zones | join(", "))") else . end
| ($zones[] | {kind: "location", id: $location, zone: .}),
  ([.[] | . as $slot | .reasonIDs[] | {id: ., minutes: ($slot | minutes)}]
   | group_by(.id)[] | min_by(.minutes) | {kind: "service", id, minutes}),
  (group_by(.medicalStaffID)[]
   | {kind: "practitioner", id: .[0].medicalStaffID},
     {kind: "schedule", id: .[0].medicalStaffID, location: $location, practitioner: .[0].medicalStaffID,
      service: (map(.reasonIDs[]) | unique)}),
  (.[] | {kind: "opening", schedule: .medicalStaffID, id: "\(.id) \(.timeStart)", rule: "instant",
          from: .timeStart, to: .timeEnd, single: true, service: .reasonIDs}
         + if .status.statusID == 0 then {} else {full: true} end)
