# Overview and settings
