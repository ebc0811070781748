# Activity
